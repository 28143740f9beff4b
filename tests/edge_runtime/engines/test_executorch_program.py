from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import PROGRAM_CONTEXT as CONTEXT
from upcall.edge_runtime.engines.executorch_program import ExecuTorchEngine, load_runtime
from upcall.edge_runtime.errors import EngineError
from upcall.edge_runtime.testing import BYTE_VOCABULARY_SIZE


@pytest.mark.parametrize("content", [b"", b"not a program", b"\x00" * 4096])
def test_a_damaged_program(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.pte"
    path.write_bytes(content)
    with pytest.raises(EngineError, match="cannot load"):
        ExecuTorchEngine(path, context_length=8, vocabulary_size=8)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_program(tmp_path: Path, tiny_program: Path, kept: float) -> None:
    path = tmp_path / "model.pte"
    content = tiny_program.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(EngineError, match="cannot load"):
        ExecuTorchEngine(path, context_length=8, vocabulary_size=8)


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"no file model\.pte"):
        ExecuTorchEngine(tmp_path / "model.pte", context_length=8, vocabulary_size=8)


def test_two_engines_do_not_share_a_cache(tiny_program: Path) -> None:
    one, two = (
        ExecuTorchEngine(tiny_program, context_length=CONTEXT, vocabulary_size=BYTE_VOCABULARY_SIZE) for _ in range(2)
    )
    one.forward([1, 2])
    expected = one.forward([3]).logits.copy()
    one.truncate(2)
    two.forward([9, 9])
    np.testing.assert_allclose(one.forward([3]).logits, expected, atol=1e-6)


def test_nothing_is_printed(tiny_program: Path, capfd: pytest.CaptureFixture[str]) -> None:
    engine = ExecuTorchEngine(tiny_program, context_length=CONTEXT, vocabulary_size=BYTE_VOCABULARY_SIZE)
    engine.forward([1] * CONTEXT)
    engine.close()
    assert capfd.readouterr() == ("", "")


def test_the_operators_are_there() -> None:
    names = load_runtime()._get_operator_names()
    attention = {f"llama::{name}.out" for name in ("sdpa_with_kv_cache", "update_cache", "custom_sdpa")}
    assert attention | {"quantized_decomposed::embedding_4bit.dtype_out"} <= set(names)
