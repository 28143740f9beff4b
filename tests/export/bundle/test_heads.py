"""A router head from its file to both formats, and into a bundle that is there."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.conftest import PROGRAM_CONTEXT
from tests.export.heads import trained
from tests.tiny_bundle import HIDDEN
from upcall.edge_runtime.bundle import MODEL_PTE, open_bundle
from upcall.edge_runtime.decision.confidence import Signal
from upcall.edge_runtime.engines.executorch_program import ExecuTorchEngine
from upcall.edge_runtime.engines.onnx_runtime import OnnxEngine
from upcall.edge_runtime.errors import InputError, ModelError
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.edge_runtime.testing import BYTE_VOCABULARY_SIZE
from upcall.export.bundle.heads import bake, check_heads, read_heads
from upcall.export.cli import app
from upcall.export.formats.onnx_graph.heads import save_head_graph
from upcall.export.formats.program.heads import link, lower_heads
from upcall.routing.heads.router_head import RouterHead, read_head, save_head, untrained

POST, PRE = RouterStage.POST, RouterStage.PRE


def onnx_engine(graph: Path, heads: list[RouterHead], folder: Path) -> OnnxEngine:
    model = Path(shutil.copy(graph, folder / "model.onnx"))
    for head in heads:
        save_head_graph(head, folder)
    return OnnxEngine(model, context_length=PROGRAM_CONTEXT, vocabulary_size=BYTE_VOCABULARY_SIZE, threads=1)


def program_engine(program: bytes, folder: Path) -> ExecuTorchEngine:
    path = folder / MODEL_PTE
    path.write_bytes(program)
    return ExecuTorchEngine(path, context_length=PROGRAM_CONTEXT, vocabulary_size=BYTE_VOCABULARY_SIZE, threads=1)


HEADS = [
    untrained(PRE, hidden_size=HIDDEN),
    trained(POST, hidden=HIDDEN),
    trained(POST, hidden=HIDDEN, widths=(1,)),
    trained(POST, hidden=HIDDEN, widths=(16, 8, 1)),
]


@pytest.mark.parametrize("head", HEADS, ids=["untrained", "two layers", "logistic", "three layers"])
def test_both_formats_compute_what_the_weights_say(
    head: RouterHead,
    tiny_graph: Path,
    tiny_program: Path,
    tmp_path: Path,
) -> None:
    check_heads(onnx_engine(tiny_graph, [head], tmp_path), [head])
    check_heads(program_engine(link(tiny_program.read_bytes(), lower_heads([head])), tmp_path), [head])


def test_extreme_logits_stay_log_probabilities(tiny_graph: Path, tiny_program: Path, tmp_path: Path) -> None:
    head = trained(POST, hidden=HIDDEN, widths=(1,), scale=1e4)
    engines = (
        onnx_engine(tiny_graph, [head], tmp_path),
        program_engine(link(tiny_program.read_bytes(), lower_heads([head])), tmp_path),
    )
    for sign in (-1, 1):
        features = sign * np.ones(head.feature_count, dtype=np.float32)
        wanted = head.evaluate(features)
        for engine in engines:
            assert engine.route(POST, features) == pytest.approx(wanted, rel=1e-5)
            assert engine.route(POST, features) <= 0


def test_a_check_that_fails_says_so(tiny_graph: Path, tmp_path: Path) -> None:
    head = trained(POST, hidden=HIDDEN)
    engine = onnx_engine(tiny_graph, [head], tmp_path)
    with pytest.raises(ModelError, match="router heads vs their weights"):
        check_heads(engine, [replace(head, layers=((head.layers[0][0] * 2, head.layers[0][1]), head.layers[1]))])


def test_linking_leaves_the_model_alone_and_replaces_heads(tiny_program: Path, tmp_path: Path) -> None:
    program = tiny_program.read_bytes()
    engine = program_engine(program, tmp_path)
    wanted = [engine.forward([1, 2, 3]).logits.copy(), engine.forward([4]).logits.copy()]
    hidden = engine.forward([4]).hidden_last.size
    sizes = []
    for widths in ((8, 1), (4, 1), (4, 1)):
        heads = [trained(stage, hidden=hidden, widths=widths) for stage in (PRE, POST)]
        program = link(program, lower_heads(heads))
        sizes.append(len(program))
        engine = program_engine(program, tmp_path)
        first = engine.forward([1, 2, 3]).logits.copy()
        check_heads(engine, heads)  # between two steps, which share the cache
        np.testing.assert_array_equal([first, engine.forward([4]).logits], wanted)
    assert sizes[1] == sizes[2] < sizes[0], "what was replaced is gone"


def test_two_heads_of_one_stage(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save_head(trained(POST, hidden=HIDDEN), tmp_path / name)
    with pytest.raises(InputError, match="same stage"):
        read_heads([tmp_path / "one", tmp_path / "two"])


@pytest.fixture
def head_file(tiny_bundle: Path, tmp_path: Path) -> Path:
    manifest = open_bundle(tiny_bundle).manifest
    path = tmp_path / "head.safetensors"
    save_head(
        replace(trained(POST, hidden=HIDDEN), model_revision=manifest.model.revision, recipe=manifest.recipe), path
    )
    return path


def test_baking_changes_head_and_threshold_only(tiny_bundle: Path, head_file: Path, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, [str(tiny_bundle), "--router", str(head_file), "--out", str(tmp_path / "routed")])
    assert said.exit_code == 0, said.output
    assert "below -0.7500 nats" in said.output
    old, new = open_bundle(tiny_bundle), open_bundle(tmp_path / "routed")
    assert new.threshold is not None
    assert (new.threshold.signal, new.threshold.value) == (Signal.ROUTER_POST, -0.75)
    assert [head.revision for head in new.manifest.router_heads] == [read_head(head_file).revision]
    assert new.model.read_bytes() == old.model.read_bytes()
    assert new.router_stages == old.router_stages
    assert "a trained router head" in (new.path / "card.md").read_text()
    again = bake(new.path, [read_head(head_file)], target=new.path, force=True)
    assert [check.name for check in again.checks].count("router heads vs their weights") == 1
    assert {file.path for file in again.files} == {file.path for file in new.manifest.files}


def test_a_head_of_another_bundle(tiny_bundle: Path, tmp_path: Path) -> None:
    for changes, text in (
        ({"model_revision": "sha256:1"}, "its model is sha256:1"),
        ({"recipe": "onnx_int8"}, "its recipe is onnx_int8"),
        ({"feature_count": 5}, "its number of features is 5"),
    ):
        with pytest.raises(InputError, match=text):
            bake(tiny_bundle, [replace(trained(POST, hidden=HIDDEN), **changes)], target=tmp_path / "routed")
    assert not (tmp_path / "routed").exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "is a bundle already"),
        (["--router", "HEAD", "--to", "onnx"], "is a bundle already"),
        (["--router", "HEAD"], "--force"),
        (["--router", "/nowhere", "--out", "OUT"], "no router head at"),
    ],
)
def test_command_lines_that_are_refused(
    arguments: list[str], text: str, tiny_bundle: Path, head_file: Path, tmp_path: Path
) -> None:
    files = {path.name: path.read_bytes() for path in tiny_bundle.iterdir()}
    given = [{"HEAD": str(head_file), "OUT": str(tmp_path / "out")}.get(one, one) for one in arguments]
    said = CliRunner().invoke(app, [str(tiny_bundle), *given])
    assert isinstance(said.exception, InputError)
    assert text in str(said.exception)
    assert {path.name: path.read_bytes() for path in tiny_bundle.iterdir()} == files
