"""A two-layer model with random weights, from GGUF file to opened bundle; and what must stop an export."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.export.conftest import CHAT_TEMPLATE, CONTEXT, HIDDEN, LAYERS, write_model
from tests.export.heads import trained
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.engines.onnx_runtime import OnnxEngine
from upcall.edge_runtime.errors import InputError, ModelError
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.export import ExportPlan, StageTime, export
from upcall.export.cli import app
from upcall.export.recipes import ONNX_FP32, ONNX_INT4_G32, ONNX_INT8, XNNPACK_8DA4W_G32, Recipe


def plan_for(path: Path, **changes: Any) -> ExportPlan:
    plan = ExportPlan(source=path, model_id="tiny", licence="", target=path.parent / "out" / "tiny")
    return replace(plan, **changes)


KINDS: list[dict[str, Any]] = [
    {},
    {"architecture": "qwen2", "pre": "qwen2", "tied": False},
    {"architecture": "qwen3", "pre": "qwen2"},
]


@pytest.mark.parametrize("kind", KINDS)
def test_from_file_to_bundle(home: Path, tmp_path: Path, kind: dict[str, Any]) -> None:
    plan = plan_for(write_model(tmp_path / "tiny.gguf", **kind))
    stages: list[StageTime] = []
    manifest = export(plan, progress=stages.append)
    bundle = open_bundle(plan.target)
    assert bundle.manifest == manifest
    assert manifest.shape.layer_count == LAYERS
    assert dict(manifest.least_runtime_versions) == {"onnxruntime": "1.26.0"}
    assert "Runs on onnxruntime 1.26.0 or later." in (plan.target / "card.md").read_text()
    assert manifest.model.licence == "Apache-2.0"
    assert manifest.model.revision.startswith("sha256:")
    assert bundle.stop_token_ids == {0, 2}
    assert bundle.template.default_system == "Be brief."
    assert bundle.threshold is not None
    assert manifest.threshold.calibration.question_count == 140
    figures = {figure.name: figure for figure in manifest.figures}
    for task in ("question type", "addition"):
        assert figures[f"accuracy of {task}, float32"].unit == "share of 40"
        assert 0 <= figures[f"accuracy of {task}, this bundle"].value <= 1
    assert figures["peak memory of the export"].value > 100
    assert len(manifest.checks) == 7
    assert "apache" not in (plan.target / "card.md").read_text()
    assert {path.name for path in plan.target.parent.iterdir()} == {"tiny"}
    assert not [path for path in (home / "work").rglob("*") if path.is_file() and path.name != ".lock"]
    assert [stage.name for stage in stages if stage.seconds is None] == [
        s.name for s in stages if s.seconds is not None
    ]


@pytest.mark.parametrize(("recipe", "megabytes"), [(ONNX_INT8, 0.1), (ONNX_FP32, 0.3)])
def test_other_recipes(home: Path, tmp_path: Path, short_export: None, recipe: Recipe, megabytes: float) -> None:
    plan = plan_for(write_model(tmp_path / "tiny.gguf"), recipe=recipe)
    manifest = export(plan)
    figures = {figure.name: figure.value for figure in manifest.figures}
    assert (manifest.recipe, len(manifest.checks)) == (recipe.name, 7)
    assert figures["greedy choice as in float32"] >= (1.0 if recipe is ONNX_FP32 else 0.8)
    assert figures["size of the model"] < megabytes + 1.1  # the tables of the rotary positions are half a megabyte
    assert f"# tiny, {recipe.name}" in (plan.target / "card.md").read_text()


def test_large_weights_stand_in_a_file_of_their_own(
    home: Path, tmp_path: Path, short_export: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upcall.export.formats.onnx_graph.format.MAX_ONE_FILE", 100_000)
    plan = plan_for(write_model(tmp_path / "tiny.gguf"), recipe=ONNX_FP32)
    export(plan)
    assert {file.path for file in open_bundle(plan.target).manifest.files} >= {"model.onnx", "model.onnx.data"}


def test_the_graph_serves_the_engine(home: Path, tmp_path: Path) -> None:
    plan = plan_for(write_model(tmp_path / "tiny.gguf"))
    export(plan)
    engine = OnnxEngine(plan.target / "model.onnx", context_length=CONTEXT, vocabulary_size=269)
    first = engine.forward([5, 6, 7])
    logits, last = first.last_logits.copy(), first.hidden_last.copy()
    engine.truncate(0)
    apart = np.stack([engine.forward([token]).logits.copy() for token in (5, 6)])
    step = engine.forward([7])
    assert abs(step.hidden_last - last).max() < 0.2
    assert abs(np.stack([*apart, step.logits]) - logits).max() < 0.5
    engine.close()


def test_a_bundle_is_replaced_only_when_asked(home: Path, tmp_path: Path) -> None:
    plan = plan_for(write_model(tmp_path / "tiny.gguf"))
    export(plan)
    before = (plan.target / "manifest.json").stat().st_ino
    with pytest.raises(InputError, match="--force"):
        export(plan)
    export(replace(plan, force=True))
    assert (plan.target / "manifest.json").stat().st_ino != before
    # Killed between the two renames of a replacement:
    plan.target.rename(plan.target.with_name(".tiny.old"))
    with pytest.raises(InputError, match="--force"):
        export(plan)
    open_bundle(plan.target)


def test_a_folder_that_is_no_bundle_is_never_replaced(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "photos"
    target.mkdir()
    (target / "one.jpg").write_bytes(b"")
    with pytest.raises(InputError, match="not a bundle"):
        export(plan_for(write_model(tmp_path / "tiny.gguf"), target=target, force=True))
    assert (target / "one.jpg").exists()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"pre": "llama-bpe"}, "'llama-bpe'"),
        ({"architecture": "gemma3"}, "llama, qwen2, qwen3"),
        ({"extra": "rope_freqs.weight"}, "rope_freqs"),
        ({"extra": "blk.1.attn_q.bias"}, r"1\.q_bias"),
        ({"chat_template": ""}, "no chat template"),
        ({"chat_template": "{{ messages[0]['content'] }}"}, "more than prefixes and suffixes"),
        (
            {"chat_template": CHAT_TEMPLATE.replace("message['content']", "message['content'].strip()[:20]")},
            "differs on",
        ),
        ({"chat_template": "{{ raise_exception('no') }}"}, "refuses a plain conversation"),
        ({"merges": ["not there"]}, "merges do not fit"),
        ({"spoilt": "blk.1.ffn_down.weight"}, r"'blk\.1\.ffn_down\.weight' of tiny\.gguf has 1 numbers"),
    ],
)
def test_unsuitable_models_are_refused(home: Path, tmp_path: Path, changes: dict[str, Any], text: str) -> None:
    plan = plan_for(write_model(tmp_path / "tiny.gguf", **changes))
    with pytest.raises(ModelError, match=text):
        export(plan)
    assert not list(plan.target.parent.iterdir())


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.2, 0.5, 0.9])
def test_damaged_files_are_refused(home: Path, tmp_path: Path, kept: float) -> None:
    path = write_model(tmp_path / "tiny.gguf")
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(ModelError):
        export(plan_for(path))


def test_a_failed_check_leaves_no_bundle(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upcall.export.checks.parity.MAX_LOGIT_DIFFERENCE", 0.0)
    plan = plan_for(write_model(tmp_path / "tiny.gguf"))
    with pytest.raises(ModelError, match="float32 graph vs PyTorch, logits"):
        export(plan)
    assert not list(plan.target.parent.iterdir())
    assert not (home / "work" / "export" / "float32").exists()


def test_too_little_memory_or_disk_is_found_first(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_for(write_model(tmp_path / "tiny.gguf"))
    with monkeypatch.context() as patch, pytest.raises(ModelError, match="of memory are free"):
        patch.setattr("upcall.export.plan.available_memory_bytes", lambda: 1000)
        export(plan)
    with monkeypatch.context() as patch, pytest.raises(ModelError, match="MB free"):
        patch.setattr("shutil.disk_usage", lambda _: (0, 0, 0) and type("Usage", (), {"free": 1000}))
        export(plan)


@pytest.mark.parametrize("target", [0.0, -1.0, 1.01, float("nan")])
def test_target_accuracy_has_a_range(tmp_path: Path, target: float) -> None:
    with pytest.raises(InputError, match="at most 1"):
        plan_for(tmp_path / "tiny.gguf", target_kept_accuracy=target)


def test_a_source_that_is_not_there(home: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.gguf"):
        export(plan_for(tmp_path / "absent.gguf"))


def test_a_trained_head_is_exported_with_its_threshold(home: Path, tmp_path: Path, short_export: None) -> None:
    model = write_model(tmp_path / "tiny.gguf")
    first = export(plan_for(model, target=tmp_path / "first"))
    head = replace(trained(RouterStage.POST, hidden=HIDDEN), model_revision=first.model.revision, recipe=first.recipe)
    routed = export(plan_for(model, target=tmp_path / "routed", heads=(head,)))
    assert routed.threshold == head.threshold
    assert [one.identity_of for one in routed.router_heads] == ["first_log_prob", ""]
    with pytest.raises(InputError, match="its recipe is onnx_int4_g32"):
        export(plan_for(model, target=tmp_path / "other", heads=(head,), recipe=ONNX_INT8))


def test_a_bundle_of_its_own_for_each_format(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = CliRunner().invoke(
        app, [str(write_model(tmp_path / "tiny.gguf")), "--to", "onnx,executorch", "--out", str(out), "--dry-run"]
    )
    assert said.exit_code == 0, said.output
    assert all(f"{out / recipe.name}" in said.output for recipe in (ONNX_INT4_G32, XNNPACK_8DA4W_G32))
    said = CliRunner().invoke(
        app, [str(tmp_path / "tiny.gguf"), "--to", "onnx,executorch", "--recipe", "onnx_int8", "--dry-run"]
    )
    assert isinstance(said.exception, InputError)
