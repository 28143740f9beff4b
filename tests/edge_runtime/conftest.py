from __future__ import annotations

from pathlib import Path

import pytest

from tests.export.decoders import ours, theirs, tiny_shape
from upcall.export.decoder import Decoder
from upcall.export.lowering import lower

CONTEXT = 16


@pytest.fixture(scope="session")
def tiny_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ExecuTorch program of two layers with random weights and a cache of CONTEXT tokens."""
    folder = tmp_path_factory.mktemp("program")
    shape = tiny_shape("llama", context=CONTEXT)
    path = folder / "model.pte"
    path.write_bytes(lower(Decoder(ours(theirs(shape, tied=True, cache=folder), shape, tied=True), shape)))
    return path
