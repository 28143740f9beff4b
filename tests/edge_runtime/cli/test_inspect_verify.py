from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from google.protobuf import json_format
from onnx import numpy_helper
from typer.testing import CliRunner

from tests.tiny_bundle import HIDDEN
from upcall.edge_runtime.bundle import MANIFEST, MODEL_ONNX, file_sha256, open_bundle
from upcall.edge_runtime.cli.inspect import app as inspect_app
from upcall.edge_runtime.cli.inspect import describe_bundle
from upcall.edge_runtime.cli.verify import app as verify_app
from upcall.edge_runtime.decision.features import feature_count
from upcall.edge_runtime.errors import BundleError
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.protocol.v1 import bundle_pb2


@pytest.fixture
def copy(tiny_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bundle, tmp_path / "copy"))


def seal_again(bundle: Path, change: Callable[[bundle_pb2.BundleManifest], object] = lambda _: None) -> None:
    """Make the manifest agree with the files, as someone who edits a bundle on purpose would."""
    manifest = json_format.Parse((bundle / MANIFEST).read_text(), bundle_pb2.BundleManifest())
    for entry in manifest.files:
        entry.size_bytes, entry.sha256 = (bundle / entry.path).stat().st_size, file_sha256(bundle / entry.path)
    change(manifest)
    (bundle / MANIFEST).write_text(json_format.MessageToJson(manifest), encoding="utf-8")


def test_verify_says_what_holds(tiny_bundle: Path) -> None:
    said = CliRunner().invoke(verify_app, [str(tiny_bundle)])
    assert said.exit_code == 0, said.output
    assert [line[:4] for line in said.output.splitlines()] == ["ok  "] * 6
    assert "512 tokens" in said.output


def changed_graph(bundle: Path, **tensors: Callable[[object], object]) -> None:
    model = onnx.load(bundle / MODEL_ONNX)
    for tensor in model.graph.initializer:
        if tensor.name in tensors:
            value = tensors[tensor.name](numpy_helper.to_array(tensor).copy())
            tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))
    onnx.save(model, bundle / MODEL_ONNX)
    seal_again(bundle)


def wider(manifest: bundle_pb2.BundleManifest) -> None:
    manifest.shape.hidden_size = 2 * HIDDEN
    manifest.router_heads[0].feature_count = feature_count(RouterStage.POST, hidden_size=2 * HIDDEN)


def no_graph(bundle: Path) -> None:
    (bundle / MODEL_ONNX).write_bytes(b"x")
    seal_again(bundle)


def forgetful(bundle: Path) -> None:
    """A graph that takes every position for 0, so that chunks are read otherwise than the whole."""
    model = onnx.load(bundle / MODEL_ONNX)
    for node in model.graph.node:
        if node.input[0] == "position":
            node.input[0] = "axis_0"
    onnx.save(model, bundle / MODEL_ONNX)
    seal_again(bundle)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file more": (lambda path: (path / "notes.txt").write_text("x"), "notes.txt"),
    "no graph": (no_graph, "cannot load model.onnx"),
    "not finite": (
        lambda path: changed_graph(path, head=lambda head: head * float("inf")),  # type: ignore[operator]
        "logits is not finite",
    ),
    "another size": (
        lambda path: seal_again(path, wider),
        f"hidden_last is an array of {HIDDEN} numbers",
    ),
    "another tokenizer": (
        lambda path: seal_again(path, lambda manifest: setattr(manifest.shape, "vocabulary_size", 100)),
        "tokenizer has",
    ),
    "a cache that forgets": (forgetful, "in chunks otherwise than at once"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_verify_refuses(damage: str, copy: Path) -> None:
    change, text = DAMAGES[damage]
    change(copy)
    said = CliRunner().invoke(verify_app, [str(copy)])
    assert isinstance(said.exception, BundleError), said.output
    assert text in str(said.exception)


def test_inspect_json_is_the_manifest(tiny_bundle: Path) -> None:
    said = CliRunner().invoke(inspect_app, [str(tiny_bundle), "--json"])
    assert json.loads(said.output) == json.loads((tiny_bundle / MANIFEST).read_text())


def test_inspect_tells_people(copy: Path) -> None:
    def fill(manifest: bundle_pb2.BundleManifest) -> None:
        manifest.model.id, manifest.model.licence, manifest.recipe = "tiny", "MIT", "onnx_fp32"
        manifest.threshold.calibration.question_count = 140
        manifest.checks.add(name="logits", value=0.0002, unit="logit", bound="≤ 0.001")
        manifest.figures.add(name="parameters", value=135.0, unit="million")
        manifest.tool_versions["onnx"] = "1.23.0"

    seal_again(copy, fill)
    said = CliRunner().invoke(inspect_app, [str(copy)]).output
    for expected in (
        "tiny",
        "MIT",
        "onnx_fp32",
        "mean_log_prob",
        "140 questions",
        "model.onnx",
        "≤ 0.001",
        "onnx 1.23.0",
    ):
        assert expected in said


def test_inspect_without_a_threshold(tiny_bundle: Path) -> None:
    manifest = open_bundle(tiny_bundle).manifest
    manifest.ClearField("threshold")
    assert any("no threshold" in line for line in describe_bundle(manifest))


def test_inspect_of_nothing(tmp_path: Path) -> None:
    said = CliRunner().invoke(inspect_app, [str(tmp_path / "absent")])
    assert isinstance(said.exception, BundleError)
