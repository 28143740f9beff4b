"""A bundle for ExecuTorch, from a two-layer model with random weights to an engine that runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.export.conftest import write_model
from tests.export.folder import write_folder
from upcall.edge_runtime.bundle import MODEL_ONNX, MODEL_PTE, open_bundle
from upcall.edge_runtime.engines.executorch_program import ExecuTorchEngine
from upcall.edge_runtime.engines.opening import open_engine
from upcall.edge_runtime.engines.verification import MAX_CHUNKED_DISTANCES, verify_engine
from upcall.edge_runtime.errors import EngineError, ModelError
from upcall.export import ExportPlan, export
from upcall.export.recipes import XNNPACK_8DA4W_G32, XNNPACK_FP32, Recipe

CONTEXT = 700


def plan_for(path: Path, **changes: object) -> ExportPlan:
    given = {
        "source": path,
        "model_id": "tiny",
        "licence": "",
        "target": path.parent / "out",
        "context_length": CONTEXT,
    }
    return ExportPlan(**{**given, **changes})  # type: ignore[arg-type]  # a dictionary has one type


def test_from_file_to_bundle(home: Path, tmp_path: Path) -> None:
    plan = plan_for(write_model(tmp_path / "tiny.gguf"), recipe=XNNPACK_8DA4W_G32)
    manifest = export(plan)
    bundle = open_bundle(plan.target)
    assert bundle.manifest == manifest
    assert bundle.holds(MODEL_PTE)
    assert not bundle.holds(MODEL_ONNX)
    assert manifest.shape.context_length == CONTEXT
    assert bundle.threshold is not None
    assert {"executorch", "torchao"} <= set(manifest.tool_versions)
    assert "onnxruntime" not in manifest.tool_versions
    assert dict(manifest.least_runtime_versions) == {"executorch": "1.3.1"}
    assert {"program vs the same in PyTorch, next token", "prompt in chunks vs at once, next token"} <= {
        check.name for check in manifest.checks
    }
    engine = open_engine(bundle)
    assert isinstance(engine, ExecuTorchEngine)
    engine.forward([5] * CONTEXT)
    with pytest.raises(EngineError, match=str(CONTEXT)):
        engine.forward([5])


@pytest.mark.parametrize(("family", "recipe"), [("qwen3", XNNPACK_FP32), ("gemma3", XNNPACK_8DA4W_G32)])
def test_from_folder_to_bundle(home: Path, tmp_path: Path, short_export: None, family: str, recipe: Recipe) -> None:
    plan = plan_for(write_folder(tmp_path / family, family), recipe=recipe)
    assert export(plan).recipe == recipe.name
    bundle = open_bundle(plan.target)
    assert bundle.holds(MODEL_PTE)
    assert len(list(verify_engine(bundle))) == 5


def test_a_failed_check_leaves_no_bundle(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MAX_CHUNKED_DISTANCES, MODEL_PTE, -1.0)
    plan = plan_for(write_model(tmp_path / "tiny.gguf"), recipe=XNNPACK_FP32)
    with pytest.raises(ModelError, match="program vs the same in PyTorch"):
        export(plan)
    assert not plan.target.exists()
