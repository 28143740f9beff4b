from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from upcall.cloud_service.engines.capacity import (
    MAX_SLOTS,
    check_capacity,
    default_threads,
    usable_processors,
)
from upcall.cloud_service.engines.gguf import GgufModel
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.memory import available_memory_bytes

MODEL = GgufModel(path=Path("own.gguf"), size_bytes=1_000_000, context_length=8192, cache_bytes_per_token=1_024)


def check(model: GgufModel = MODEL, *, threads: int = 0, slots: int = 1, context_length: int = 4096) -> None:
    check_capacity(model, threads=threads, slots=slots, context_length=context_length)


def test_what_fits() -> None:
    check()
    check(threads=usable_processors(), context_length=8192)
    assert 1 <= default_threads() <= usable_processors()


@pytest.mark.parametrize(
    ("settings", "given", "allowed"),
    [
        ({"threads": 100_000}, "--threads is 100,000", f"1 to {usable_processors():,}"),
        ({"threads": -1}, "--threads is -1", "1 to "),
        ({"slots": 1_000}, "--slots is 1,000", f"1 to {MAX_SLOTS}"),
        ({"slots": 0}, "--slots is 0", f"1 to {MAX_SLOTS}"),
        ({"context_length": 100_000_000}, "--context-length is 100,000,000", "256 to 8,192"),
        ({"context_length": 100}, "--context-length is 100", "256 to 8,192"),
    ],
)
def test_a_setting_that_cannot_work_is_named(settings: dict[str, Any], given: str, allowed: str) -> None:
    with pytest.raises(InputError, match="Next: ") as caught:
        check(**settings)
    assert given in caught.value.problem
    assert allowed in caught.value.allowed


def test_contexts_that_do_not_fit_into_memory() -> None:
    memory = available_memory_bytes()
    assert memory is not None
    large = GgufModel(Path("own.gguf"), 1_000_000, None, cache_bytes_per_token=memory // 10_000)
    check(large, context_length=4096)
    with pytest.raises(InputError, match="--slots 3 times --context-length 4,096 is 12,288 tokens") as caught:
        check(large, slots=3)
    tokens = int(caught.value.allowed.partition(" tokens")[0].replace(",", ""))
    assert 5_000 < tokens < 12_288


def test_a_model_that_does_not_fit_into_memory() -> None:
    memory = available_memory_bytes()
    assert memory is not None
    with pytest.raises(InputError, match=r"The model own\.gguf has") as caught:
        check(GgufModel(Path("own.gguf"), 2 * memory, None, cache_bytes_per_token=1))
    assert "smaller model" in caught.value.next_step
