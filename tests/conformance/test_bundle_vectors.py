from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from upcall.edge_runtime.bundle import MANIFEST, open_bundle
from upcall.edge_runtime.errors import BundleError, BundleFault
from upcall.edge_runtime.runtime_versions import ModelRuntime, require_runtime

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/bundle.json").read_text(encoding="utf-8"))


def patched(value: Any, patch: dict[str, Any]) -> dict[str, Any]:
    """A merge patch, RFC 7396."""
    result = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            result.pop(name, None)
        else:
            result[name] = patched(result.get(name), change) if isinstance(change, dict) else change
    return result


def put(folder: Path, files: dict[str, dict[str, Any] | None]) -> None:
    for name, content in files.items():
        path = folder / name
        path.unlink(missing_ok=True)
        if content is None:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if "text" in content:
            path.write_bytes(content["text"].encode())
        elif "hex" in content:
            path.write_bytes(bytes.fromhex(content["hex"]))
        elif "link_to" in content:
            path.symlink_to(content["link_to"])
        else:
            path.mkdir()


def write(folder: Path, case: dict[str, Any]) -> None:
    folder.mkdir()
    manifest = json.dumps(patched(SUITE["base"]["manifest"], case.get("patch", {})))
    (folder / MANIFEST).write_text(manifest.ljust(case.get("manifest_bytes", 0)), encoding="utf-8")
    put(folder, SUITE["base"]["folder"] | case.get("put", {}))


@pytest.mark.parametrize("case", SUITE["cases"], ids=lambda case: case["name"])
def test_bundle(case: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    if not case.get("absent"):
        write(folder, case)
    if "error" in case:
        with pytest.raises(BundleError) as refused:
            open_bundle(folder)
        assert refused.value.fault == case["error"]
        return
    opened = open_bundle(folder)
    threshold = opened.threshold
    assert {
        "stop_token_ids": sorted(opened.stop_token_ids),
        "threshold": {"signal": threshold.signal, "value": threshold.value} if threshold else None,
        "router_stages": sorted(opened.router_stages),
    } == case["expect"]


@pytest.mark.parametrize("case", SUITE["runtimes"], ids=lambda case: case["name"])
def test_runtime(case: dict[str, Any], tmp_path: Path) -> None:
    write(tmp_path / "bundle", {"patch": {"leastRuntimeVersions": {"onnxruntime": case["least"]}}})
    bundle = open_bundle(tmp_path / "bundle")
    require_runtime(bundle, ModelRuntime.EXECUTORCH, version=case["version"])  # of which it asks nothing
    if case["runs"]:
        require_runtime(bundle, ModelRuntime.ONNX_RUNTIME, version=case["version"])
        return
    with pytest.raises(BundleError) as refused:
        require_runtime(bundle, ModelRuntime.ONNX_RUNTIME, version=case["version"])
    assert refused.value.fault == BundleFault.RUNTIME


def test_every_fault_of_a_folder_is_met() -> None:
    """What is left is for a model or a tokenizer that does not work, which no folder of text can show."""
    assert {case["error"] for case in SUITE["cases"] if "error" in case} == set(BundleFault) - {BundleFault.MODEL}
