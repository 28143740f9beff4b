from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.refusals import refused
from upcall.edge_runtime.decision.confidence import Signal, score
from upcall.edge_runtime.decision.decide import Circumstances, Strategy, decide, needs_draft

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/decision.json").read_text())


@pytest.mark.parametrize("case", SUITE["decide"], ids=lambda case: case["name"])
def test_decide(case: dict[str, Any]) -> None:
    given = {**case["given"], "strategy": Strategy(case["given"]["strategy"])}
    if "error" in case["expect"]:
        with refused(case["expect"]["error"]):
            decide(Circumstances(**given))
        return
    decision = decide(Circumstances(**given))
    assert {"place": decision.place, "reason": decision.reason} == case["expect"]
    assert decision.score == given.get("score")
    assert decision.threshold == given.get("threshold")


@pytest.mark.parametrize("case", SUITE["needs_draft"], ids=lambda case: case["name"])
def test_needs_draft(case: dict[str, Any]) -> None:
    given = {**case["given"], "strategy": Strategy(case["given"]["strategy"])}
    assert needs_draft(Circumstances(**given)) is case["expect"]


@pytest.mark.parametrize("case", SUITE["score"], ids=lambda case: case["name"])
def test_score(case: dict[str, Any]) -> None:
    if "error" in case:
        with refused(case["error"]):
            score(Signal(case["signal"]), case["log_probs"])
    else:
        assert score(Signal(case["signal"]), case["log_probs"]) == pytest.approx(case["expect"], abs=case["tolerance"])
