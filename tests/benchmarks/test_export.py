from __future__ import annotations

from benchmarks.export import MODEL, Exported, rows, stages
from upcall.protocol.v1 import bundle_pb2

LINES = [
    "  12.5 s  read the model",
    "   0.1 s  check the chat template",
    "bundle   /x",
    "   140 million  parameters",
    "wait 3 s",
]


def exported(wall_s: float, *, model: str = MODEL) -> Exported:
    manifest = bundle_pb2.BundleManifest()
    manifest.checks.add(name="logits", value=5e-5, unit="logit", bound="≤ 0.001")
    manifest.checks.add(name="texts", value=3, bound="all")
    manifest.figures.add(name="peak", value=29.3, unit="MB")
    for name, value in (("float32", 28.0), ("this bundle", 29.3)):
        manifest.figures.add(name=f"perplexity of prose, {name}", value=value, unit="per token")
        manifest.figures.add(name=f"accuracy of sums, {name}", value=value / 32, unit="share of 40")
    return Exported(model, "onnx", wall_s, list(stages(LINES)), 2_000_000_000, 95_600_000, manifest)


def test_stages_are_read_from_what_the_command_prints() -> None:
    assert list(stages(LINES)) == [("read the model", 12.5), ("check the chat template", 0.1)]


def test_loading_does_not_count() -> None:
    by_figure = {row.figure: row for row in rows(exported(72.0))}
    after_load = by_figure["onnx, export after load"]
    assert (after_load.value, after_load.target, after_load.holds) == (59.5, "≤ 60", True)
    assert by_figure["onnx, bundle"].holds is False
    assert by_figure["onnx, peak memory"].value == 2000


def test_the_manifest_is_shown() -> None:
    by_figure = {row.figure: row for row in rows(exported(100.0))}
    check = by_figure["onnx, check: logits"]
    assert (check.target, check.holds) == ("≤ 0.001", True)
    assert by_figure["onnx, check: texts"].target is None
    assert by_figure["onnx, peak"].value == 29.3
    assert by_figure["onnx, export after load"].holds is False


def test_quality_stands_beside_float32() -> None:
    by_figure = {row.figure: row for row in rows(exported(1.0))}
    perplexity, accuracy = by_figure["onnx, perplexity of prose"], by_figure["onnx, accuracy of sums"]
    assert (perplexity.value, perplexity.peer_value, perplexity.holds) == (29.3, 28.0, True)
    assert perplexity.target == "≤ 1.05 × float32"
    assert (accuracy.target, accuracy.holds) == ("≥ 0.95 × float32", True)
    assert [figure for figure in by_figure if "prose" in figure] == ["onnx, perplexity of prose"]


def test_goals_of_time_and_size_are_those_of_the_device_model() -> None:
    by_figure = {row.figure: row for row in rows(exported(1e4, model="another"))}
    assert by_figure["onnx, export after load"].target is None
    assert by_figure["onnx, bundle"].holds is None
    assert by_figure["onnx, perplexity of prose"].holds is True
