"""The page holds all figures and plots, and needs nothing else."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.routing.outcomes import two_tiers
from upcall.edge_runtime.errors import OutputError
from upcall.routing.evaluation import plots
from upcall.routing.evaluation.evaluate import Evaluation, Options, evaluate
from upcall.routing.evaluation.report import write_report

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    table = two_tiers(300)
    known = replace(
        table,
        private_tokens=np.arange(300) // 3 % 3,
        detected_private_tokens=np.arange(300) // 3 % 2,
        about={"cost_unit": "<b>euros</b>"},
    )
    names = ("random", "length", "win_probability", "self_verification", "oracle")
    return evaluate(known, Options(methods=names, resamples=10, promise_resamples=5))


def test_a_page_that_needs_nothing_else(evaluation: Evaluation, tmp_path: Path) -> None:
    path = write_report(evaluation, tmp_path / "new" / "folder", command="upcall route report --table a", title="A & B")
    text = path.read_text(encoding="utf-8")
    assert "<h1>A &amp; B</h1>" in text
    assert "&lt;b&gt;euros" in text
    assert "<b>euros" not in text
    assert "upcall route report --table a" in text
    assert not re.search(r"""<script|(src|href)=["'](?!data:image/png)""", text)
    images = [base64.b64decode(one) for one in re.findall(r"base64,([^\"]+)\"", text)]
    beside = {one.name: one.read_bytes() for one in path.parent.glob("*.png")}
    assert set(beside) == {
        "quality_cost.png",
        "quality_calls.png",
        "above_static.png",
        "calibration.png",
        "leakage.png",
    }
    assert all(one.startswith(PNG) for one in images)
    assert sorted(images) == sorted(beside.values())
    for own in evaluation.results:
        assert f"<td>{own.name}</td><td>{own.figures.auc}</td>" in text
    assert "Left out: self_verification" in text
    assert "private tokens a query" in text
    told = json.loads((path.parent / "figures.json").read_text())
    assert [one["name"] for one in told["results"]] == [own.name for own in evaluation.results]


def test_without_probabilities_or_private_tokens_nothing_is_drawn(evaluation: Evaluation, tmp_path: Path) -> None:
    bare = replace(evaluation, results=tuple(replace(own, signal=None, leaks=()) for own in evaluation.results))
    assert plots.calibration(bare) is None
    assert plots.leakage(bare) is None
    path = write_report(bare, tmp_path, command="c")
    assert "private tokens a query" not in path.read_text()
    assert not (tmp_path / "leakage.png").exists()


def test_a_folder_that_cannot_be_written(evaluation: Evaluation, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(evaluation, tmp_path / "file" / "folder", command="c")
