from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf import json_format

from upcall.edge_runtime.bundle import MANIFEST, open_bundle
from upcall.edge_runtime.conversation import Role
from upcall.edge_runtime.decision.confidence import Signal
from upcall.edge_runtime.errors import BundleError
from upcall.protocol.v1 import bundle_pb2


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "bundle"
    path.mkdir()
    contents = {"model.onnx": b"graph", "tokenizer.json": b"{}", "card.md": "größe".encode()}
    manifest = bundle_pb2.BundleManifest(
        schema_version=1,
        stop_token_ids=[2],
        chat_template=bundle_pb2.ChatTemplate(user=bundle_pb2.RoleFormat(prefix="<u>", suffix="</u>")),
        threshold=bundle_pb2.Threshold(signal=bundle_pb2.SIGNAL_MIN_LOG_PROB, value=-0.5),
    )
    for name, content in contents.items():
        (path / name).write_bytes(content)
        manifest.files.add(path=name, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    (path / MANIFEST).write_text(json_format.MessageToJson(manifest))
    return path


def edit(bundle: Path, change: Callable[[dict[str, object]], object]) -> None:
    manifest = json.loads((bundle / MANIFEST).read_text())
    change(manifest)
    (bundle / MANIFEST).write_text(json.dumps(manifest))


def test_opens(bundle: Path) -> None:
    opened = open_bundle(bundle)
    assert opened.stop_token_ids == {2}
    assert opened.threshold is not None
    assert (opened.threshold.signal, opened.threshold.value) == (Signal.MIN_LOG_PROB, -0.5)
    assert opened.template.roles[Role.USER].prefix == "<u>"
    assert opened.template.default_system is None
    assert opened.model.read_bytes() == b"graph"


def test_an_uncalibrated_bundle_has_no_threshold(bundle: Path) -> None:
    edit(bundle, lambda manifest: manifest.pop("threshold"))
    assert open_bundle(bundle).threshold is None


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a flipped byte": (lambda path: (path / "model.onnx").write_bytes(b"grapH"), "damaged or edited"),
    "truncated": (lambda path: (path / "model.onnx").write_bytes(b"gra"), "has 3 bytes"),
    "a missing file": (lambda path: (path / "card.md").unlink(), "lacks card.md"),
    "an extra file": (lambda path: (path / "extra.so").write_bytes(b""), "does not list: extra.so"),
    "an extra file in a folder": (lambda path: _write_deep(path / "deep" / "extra"), "does not list: deep/extra"),
    "a symbolic link": (lambda path: (path / "link").symlink_to("/etc/hostname"), "symbolic link"),
    "a linked manifest": (lambda path: _link_manifest(path), "not a plain file"),
    "no manifest": (lambda path: (path / MANIFEST).unlink(), "missing"),
    "half a manifest": (lambda path: (path / MANIFEST).write_text('{"schemaVersion": 1'), "not a manifest"),
    "a manifest of bytes": (lambda path: (path / MANIFEST).write_bytes(b"\xff\xfe\x00"), "not a manifest"),
    "a huge manifest": (lambda path: (path / MANIFEST).write_text(" " * (1 << 20) + "{}"), "larger than 1 MiB"),
    "an unknown key": (lambda path: edit(path, lambda m: m.update(surprise=1)), "not a manifest"),
    "another schema": (lambda path: edit(path, lambda m: m.update(schemaVersion=2)), "schema version 2"),
    "a wrong type": (lambda path: edit(path, lambda m: m.update(files="all")), "not a manifest"),
    "a path outside": (lambda path: _rename(path, "../model.onnx"), "outside itself"),
    "an absolute path": (lambda path: _rename(path, "/etc/hostname"), "outside itself"),
    "a backslash": (lambda path: _rename(path, "..\\model.onnx"), "outside itself"),
    "no model": (lambda path: edit(path, lambda m: m.update(files=[])), "does not list"),
    "a positive threshold": (lambda path: _set_threshold(path, 0.5), "threshold is not usable"),
    "a threshold that is no number": (lambda path: _set_threshold(path, "NaN"), "threshold is not usable"),
    "a threshold of no head": (
        lambda path: _set_threshold(path, -1.0, "SIGNAL_ROUTER_POST"),
        "threshold is not usable",
    ),
    "a head without its graph": (lambda path: _set_heads(path, ("PRE", 4)), "not those of its manifest"),
    "a head of other features": (lambda path: _set_heads(path, ("POST", 9)), r"takes 9 features.\nAllowed: 7"),
    "two heads of a stage": (lambda path: _set_heads(path, ("PRE", 4), ("PRE", 4)), "not one of each stage"),
    "a head of no stage": (lambda path: _set_heads(path, ("UNSPECIFIED", 4)), "not one of each stage"),
}


def _write_deep(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"")


def _link_manifest(path: Path) -> None:
    (path / MANIFEST).rename(path.parent / "elsewhere.json")
    (path / MANIFEST).symlink_to(path.parent / "elsewhere.json")


def _rename(path: Path, name: str) -> None:
    def change(manifest: dict[str, object]) -> None:
        files = manifest["files"]
        assert isinstance(files, list)
        files[0]["path"] = name

    edit(path, change)


def _set_threshold(path: Path, value: object, signal: str = "SIGNAL_MIN_LOG_PROB") -> None:
    edit(path, lambda manifest: manifest.update(threshold={"signal": signal, "value": value}))


def _set_heads(path: Path, *heads: tuple[str, int]) -> None:
    given = [{"stage": f"ROUTER_STAGE_{stage}", "featureCount": count} for stage, count in heads]
    edit(path, lambda manifest: manifest.update(routerHeads=given))


@pytest.mark.parametrize("damage", DAMAGES)
def test_refuses(bundle: Path, damage: str) -> None:
    do, expected = DAMAGES[damage]
    do(bundle)
    with pytest.raises(BundleError, match=expected):
        open_bundle(bundle)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="upcall export"):
        open_bundle(tmp_path / "nowhere")


def test_a_file_listed_twice(bundle: Path) -> None:
    def change(manifest: dict[str, object]) -> None:
        files = manifest["files"]
        assert isinstance(files, list)
        files.append(files[0])

    edit(bundle, change)
    with pytest.raises(BundleError, match="twice"):
        open_bundle(bundle)
