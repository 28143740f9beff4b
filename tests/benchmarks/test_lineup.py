from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from benchmarks import lineup
from upcall.edge_runtime.errors import InputError


def given(**changed: object) -> argparse.Namespace:
    options: dict[str, object] = {
        "peers": list(lineup.PEERS),
        "llama_bench": None,
        "llama_model": [],
        "genai_python": None,
        "genai_model": None,
    }
    return argparse.Namespace(**{**options, **changed})


def test_the_default_is_accepted() -> None:
    lineup.check(given())


def test_an_unknown_peer_is_refused() -> None:
    with pytest.raises(InputError, match="no peer vllm"):
        lineup.check(given(peers=["vllm"]))


def test_halves_of_pairs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--llama-bench and --llama-model"):
        lineup.check(given(llama_bench=tmp_path))
    with pytest.raises(InputError, match="--genai-python and --genai-model"):
        lineup.check(given(genai_model=tmp_path))


def test_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no .*absent\.gguf"):
        lineup.check(given(llama_bench=tmp_path, llama_model=[tmp_path / "absent.gguf"]))
