from __future__ import annotations

from pathlib import Path

import pytest

from tests.export.decoders import tiny_decoder, tiny_source
from upcall.edge_runtime.testing import BYTE_VOCABULARY_SIZE
from upcall.export.lowering import lower

CONTEXT = 16


@pytest.fixture(scope="session")
def tiny_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ExecuTorch program of two layers with random weights and a cache of CONTEXT tokens."""
    folder = tmp_path_factory.mktemp("program")
    changes = {"vocab_size": BYTE_VOCABULARY_SIZE, "max_position_embeddings": CONTEXT}
    path = folder / "model.pte"
    path.write_bytes(lower(tiny_decoder(tiny_source(folder, "llama", **changes))))
    return path
