"""Which engine runs a bundle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from google.protobuf import json_format

from upcall.edge_runtime.bundle import MANIFEST, MODEL_ONNX, MODEL_PTE, file_sha256, open_bundle
from upcall.edge_runtime.downloads.catalogue import find
from upcall.edge_runtime.downloads.store import model_path
from upcall.edge_runtime.engines.executorch_program import ExecuTorchEngine
from upcall.edge_runtime.engines.onnx_runtime import OnnxEngine
from upcall.edge_runtime.engines.opening import EngineName, open_engine
from upcall.edge_runtime.errors import BundleError, BundleFault, EngineError, RedactionError
from upcall.edge_runtime.escalation import CloudEndpoint
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.edge_runtime.opening import NAME_MODEL, default_bundle_path, has_name_model, open_detector, open_session
from upcall.protocol.v1 import bundle_pb2


def copy_with(bundle: Path, target: Path, *, program: bytes | None, keep_graph: bool) -> Path:
    """The bundle with a program beside its graph or in its place."""
    target.mkdir()
    manifest = json_format.Parse((bundle / MANIFEST).read_text(), bundle_pb2.BundleManifest())
    files = {entry.path: (bundle / entry.path).read_bytes() for entry in manifest.files}
    if not keep_graph:
        del files[MODEL_ONNX], files[f"{RouterStage.POST.method}.onnx"]
    if program is not None:
        files[MODEL_PTE] = program
    del manifest.files[:]
    for name, content in files.items():
        (target / name).write_bytes(content)
        manifest.files.add(path=name, size_bytes=len(content), sha256=file_sha256(target / name))
    (target / MANIFEST).write_text(json.dumps(json_format.MessageToDict(manifest)))
    return target


@pytest.fixture
def program(tiny_program: Path) -> bytes:
    return tiny_program.read_bytes()


def test_auto_takes_what_is_there(tiny_bundle: Path, program: bytes, tmp_path: Path) -> None:
    only = open_bundle(copy_with(tiny_bundle, tmp_path / "only", program=program, keep_graph=False))
    both = open_bundle(copy_with(tiny_bundle, tmp_path / "both", program=program, keep_graph=True))
    assert isinstance(open_engine(open_bundle(tiny_bundle)), OnnxEngine)
    assert isinstance(open_engine(only), ExecuTorchEngine)
    assert isinstance(open_engine(both), OnnxEngine)
    assert isinstance(open_engine(both, engine=EngineName.EXECUTORCH), ExecuTorchEngine)
    open_engine(only).forward([1, 2])


@pytest.mark.parametrize("engine", [EngineName.ONNX, EngineName.EXECUTORCH])
def test_a_bundle_without_that_format(engine: EngineName, tiny_bundle: Path, program: bytes, tmp_path: Path) -> None:
    path = tiny_bundle
    if engine is EngineName.ONNX:
        path = copy_with(tiny_bundle, tmp_path / "only", program=program, keep_graph=False)
    with pytest.raises(BundleError, match=f"--to {engine}"):
        open_engine(open_bundle(path), engine=engine)


def test_a_program_of_something_else(tiny_bundle: Path, tmp_path: Path) -> None:
    path = copy_with(tiny_bundle, tmp_path / "other", program=b"nothing", keep_graph=False)
    with pytest.raises(EngineError, match=r"model\.pte"):
        open_engine(open_bundle(path))


def test_neither_format(tiny_bundle: Path, tmp_path: Path) -> None:
    path = copy_with(tiny_bundle, tmp_path / "none", program=None, keep_graph=False)
    with pytest.raises(BundleError, match=r"model\.onnx or model\.pte"):
        open_bundle(path)


def test_a_bundle_for_a_newer_runtime_is_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    copied_to = copy_with(tiny_bundle, tmp_path / "newer", program=None, keep_graph=True)
    manifest = json.loads((copied_to / MANIFEST).read_text())
    manifest["leastRuntimeVersions"] = {"onnxruntime": "99.0"}
    (copied_to / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="newer onnxruntime than") as caught:
        open_engine(open_bundle(copied_to))
    assert caught.value.fault is BundleFault.RUNTIME
    assert caught.value.allowed == "99.0 or later"


def test_each_engine_has_its_default_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPCALL_HOME", str(tmp_path))
    assert default_bundle_path() == default_bundle_path(EngineName.ONNX)
    assert default_bundle_path(EngineName.EXECUTORCH).name == "smollm2-135m-instruct-xnnpack_8da4w_g32"
    with pytest.raises(BundleError, match="upcall export"):
        open_session(engine=EngineName.EXECUTORCH)


RAMPART = ("model_q4.onnx", "tokenizer.json", "config.json", "LICENSE")


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UPCALL_HOME", str(tmp_path))
    return tmp_path


def copied(home: Path, source: Path) -> Path:
    folder = home / "models/rampart"
    folder.mkdir(parents=True)
    for name in RAMPART:
        (folder / name).write_bytes((source / name).read_bytes())
    return folder


def cloud() -> CloudEndpoint:
    return CloudEndpoint(target="127.0.0.1:9")


def test_names_are_not_looked_for_without_the_model(own_home: Path, tiny_bundle: Path) -> None:
    assert not has_name_model()
    assert open_session(bundle_path=tiny_bundle, cloud=cloud()).detector.names is None
    with pytest.raises(RedactionError, match="is missing") as caught:
        open_detector(names=True)
    assert "upcall pull rampart" in str(caught.value)


@pytest.mark.weights
def test_names_are_looked_for_where_the_model_is(
    tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = model_path(find(NAME_MODEL)).parent
    monkeypatch.setenv("UPCALL_HOME", str(tmp_path))
    folder = copied(tmp_path, source)
    session = open_session(bundle_path=tiny_bundle, cloud=cloud())
    assert [span.entity_type for span in session.detector.find("My name is Anna Kowalczyk.")] == ["PERSON"]
    assert open_detector(names=False).names is None
    assert open_session(bundle_path=tiny_bundle).detector.names is None  # nothing leaves without a cloud
    (folder / "config.json").unlink()
    with pytest.raises(RedactionError, match="is missing"):
        open_session(bundle_path=tiny_bundle, cloud=cloud())


def test_a_damaged_name_model_fails_closed(own_home: Path, tiny_bundle: Path) -> None:
    folder = own_home / "models/rampart"
    folder.mkdir(parents=True)
    for name in RAMPART:
        (folder / name).write_bytes(b"damaged")
    with pytest.raises(RedactionError, match="other bytes") as caught:
        open_session(bundle_path=tiny_bundle, cloud=cloud())
    assert "--verify" in str(caught.value)
