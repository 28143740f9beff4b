"""Models and bundles that many tests share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from tests.tiny_bundle import write_tiny_bundle, write_tiny_graph
from upcall.edge_runtime.files import locked
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.edge_runtime.testing import BYTE_VOCABULARY_SIZE
from upcall.export.formats.program.heads import link, lower_heads
from upcall.routing.heads.router_head import untrained

settings.register_profile("upcall", deadline=None)  # how long one example takes depends on what else the machine does
settings.load_profile("upcall")

PROGRAM_CONTEXT = 16


@pytest.fixture(scope="session")
def tiny_graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph with the inputs and outputs of an Upcall model."""
    return write_tiny_graph(tmp_path_factory.mktemp("graph"))


@pytest.fixture(scope="session")
def tiny_bundle(tiny_graph: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole and valid bundle of that graph. What it says is noise."""
    return write_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny", graph=tiny_graph)


@pytest.fixture(scope="session")
def device_bundle(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The real device model, exported now by the code under test, as a user exports it. For tests marked ``weights``.

    Processes that share a run share it too: the first that needs it exports it.
    """
    root = tmp_path_factory.getbasetemp()
    path = (root if worker_id == "master" else root.parent) / "device_bundle"
    with locked(path.with_suffix(".lock"), on_wait=lambda: None):
        if not path.exists():
            command = [
                sys.executable,
                "-m",
                "upcall.edge_runtime.cli",
                "export",
                "smollm2-135m-instruct",
                "--to",
                "onnx",
            ]
            done = subprocess.run([*command, "--out", str(path)], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="session")
def tiny_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ExecuTorch program of two layers with random weights, a cache of PROGRAM_CONTEXT tokens and a head of stage POST."""
    from tests.export.decoders import tiny_decoder, tiny_source  # they bring in torch
    from upcall.export.formats.program.lowering import lower

    folder = tmp_path_factory.mktemp("program")
    changes = {"vocab_size": BYTE_VOCABULARY_SIZE, "max_position_embeddings": PROGRAM_CONTEXT}
    source = tiny_source(folder, "llama", **changes)
    heads = lower_heads([untrained(RouterStage.POST, hidden_size=source.shape.hidden)])
    path = folder / "model.pte"
    path.write_bytes(link(lower(tiny_decoder(source)), heads))
    return path
