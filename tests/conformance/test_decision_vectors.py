from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.refusals import refused
from upcall.edge_runtime.decision.budget import Bucket, BudgetState, CallPrices
from upcall.edge_runtime.decision.confidence import Signal, score
from upcall.edge_runtime.decision.decide import Circumstances, Strategy, decide, needs_draft
from upcall.edge_runtime.decision.device_state import DeviceState
from upcall.edge_runtime.decision.weighing import Prices

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/decision.json").read_text())
_PARTS = {"strategy": Strategy, "device": DeviceState, "budget": BudgetState, "prices": Prices}


def _circumstances(given: Mapping[str, Any]) -> Circumstances:
    parts = {
        name: kind(**given[name]) if isinstance(given[name], dict) else kind(given[name])
        for name, kind in _PARTS.items()
        if name in given
    }
    return Circumstances(**{**given, **parts})


@pytest.mark.parametrize("case", SUITE["decide"], ids=lambda case: case["name"])
def test_decide(case: dict[str, Any]) -> None:
    expect = case["expect"]
    if "error" in expect:
        with refused(expect["error"]):
            decide(_circumstances(case["given"]))
        return
    decision = decide(_circumstances(case["given"]))
    assert (decision.place, decision.reason) == (expect["place"], expect["reason"])
    assert decision.score == case["given"].get("score")
    if "threshold" in expect:
        assert decision.threshold == pytest.approx(expect["threshold"], abs=1e-8)
    else:
        assert decision.threshold == case["given"].get("threshold")


@pytest.mark.parametrize("case", SUITE["needs_draft"], ids=lambda case: case["name"])
def test_needs_draft(case: dict[str, Any]) -> None:
    assert needs_draft(_circumstances(case["given"])) is case["expect"]


@pytest.mark.parametrize("case", SUITE["adjustments"], ids=lambda case: case["name"])
def test_adjustments(case: dict[str, Any]) -> None:
    found = _circumstances({"strategy": "cascade", "has_cloud": True, **case["given"]}).adjustments
    assert [str(one.weight) for one in found] == [weight for weight, _ in case["expect"]]
    assert [one.change for one in found] == pytest.approx([change for _, change in case["expect"]], abs=1e-9)


@pytest.mark.parametrize("case", SUITE["answer_limit"], ids=lambda case: case["name"])
def test_answer_limit(case: dict[str, Any]) -> None:
    assert DeviceState(**case["device"]).answer_limit_tokens == case["expect"]


@pytest.mark.parametrize("case", SUITE["budget"], ids=lambda case: case["name"])
def test_budget(case: dict[str, Any]) -> None:
    bucket = Bucket(**case["bucket"])
    for step in case["steps"]:
        bucket = bucket.taken(step["take"], now_s=step["now_s"])
        assert bucket.left == pytest.approx(step["left"], abs=1e-9)


@pytest.mark.parametrize("case", SUITE["cost"], ids=lambda case: case["name"])
def test_cost(case: dict[str, Any]) -> None:
    cost = CallPrices(**case["prices"]).cost(input_tokens=case["input_tokens"], output_tokens=case["output_tokens"])
    assert cost == pytest.approx(case["expect"], abs=1e-12)


@pytest.mark.parametrize("case", SUITE["score"], ids=lambda case: case["name"])
def test_score(case: dict[str, Any]) -> None:
    if "error" in case:
        with refused(case["error"]):
            score(Signal(case["signal"]), case["log_probs"])
    else:
        assert score(Signal(case["signal"]), case["log_probs"]) == pytest.approx(case["expect"], abs=case["tolerance"])
