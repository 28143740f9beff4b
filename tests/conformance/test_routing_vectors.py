from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conformance.refusals import refused
from upcall.edge_runtime.decision.tiers.closed_loop import ClosedLoop, DiscreteNoise, revealing
from upcall.edge_runtime.decision.tiers.gaussian import expected_max, expected_max_of_two, posterior
from upcall.edge_runtime.decision.tiers.mixture import fit_mixture
from upcall.edge_runtime.decision.tiers.multi_objective import Option, Privacy, Way, choose_option
from upcall.edge_runtime.decision.tiers.supermodel import Supermodels
from upcall.edge_runtime.redaction.policy import Action

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/routing.json").read_text())


def near(value: Any) -> Any:
    return pytest.approx(np.array(value) if isinstance(value, list) else value, abs=SUITE["tolerance"])


def checked(case: dict[str, Any], compute: Callable[[], dict[str, Any]]) -> None:
    """Numbers within the tolerance, choices exactly, errors as errors."""
    if "error" in case:
        with refused(case["error"]):
            compute()
        return
    expect = case["expect"] if isinstance(case["expect"], dict) else {"value": case["expect"]}
    found = compute()
    assert found.keys() == expect.keys()
    for name, value in found.items():
        is_number = isinstance(value, float | np.ndarray)
        assert value == (near(expect[name]) if is_number else expect[name]), name


@pytest.mark.parametrize("case", SUITE["expected_max_of_two"], ids=lambda case: case["name"])
def test_expected_max_of_two(case: dict[str, Any]) -> None:
    checked(case, lambda: {"value": expected_max_of_two(case["mean"], case["other"], deviation=case["deviation"])})


@pytest.mark.parametrize("case", SUITE["expected_max"], ids=lambda case: case["name"])
def test_expected_max(case: dict[str, Any]) -> None:
    checked(case, lambda: {"value": expected_max(case["means"], case["covariance"])})


@pytest.mark.parametrize("case", SUITE["posterior"], ids=lambda case: case["name"])
def test_posterior(case: dict[str, Any]) -> None:
    def compute() -> dict[str, Any]:
        means, covariance = posterior(case["means"], case["covariance"], tier=case["tier"], value=case["value"])
        return {"means": means, "covariance": covariance}

    checked(case, compute)


@pytest.mark.parametrize("is_pruned", [True, False])
@pytest.mark.parametrize("case", SUITE["open_loop"], ids=lambda case: case["name"])
def test_open_loop(case: dict[str, Any], is_pruned: bool) -> None:
    def compute() -> dict[str, Any]:
        rule = Supermodels(case["covariance"], asked=frozenset(case.get("asked", ())), order=case.get("order"))
        chosen = rule.choose(case["means"], case["prices"], is_pruned=is_pruned)
        return {"tiers": sorted(chosen.tiers), "next_tier": chosen.next_tier, "value": chosen.value}

    checked(case, compute)


@pytest.mark.parametrize("case", SUITE["closed_loop"], ids=lambda case: case["name"])
def test_closed_loop(case: dict[str, Any]) -> None:
    def compute() -> dict[str, Any]:
        given = case.get("noise")
        noise = DiscreteNoise(np.array(given["points"]), np.array(given["weights"])) if given else None
        asked = frozenset(case.get("asked", ()))
        rule = ClosedLoop(revealing(case["covariance"]), tiers=len(case["means"]), asked=asked, noise=noise)
        chosen = rule.choose(case["means"], case["prices"])
        return {"next_tier": chosen.next_tier, "value": chosen.value, "values": np.array(chosen.values)}

    checked(case, compute)


@pytest.mark.parametrize("case", SUITE["mixture"], ids=lambda case: case["name"])
def test_mixture(case: dict[str, Any]) -> None:
    def compute() -> dict[str, Any]:
        mixture = fit_mixture(case["qualities"], case["costs"], budget=case["budget"])
        choices = [
            [mixture.choose(row, case["costs"], draw=draw) for row in case["qualities"]] for draw in (0.0, 0.5, 0.999)
        ]
        return {"price": mixture.price, "dear_share": mixture.dear_share, "choices": choices}

    checked(case, compute)


@pytest.mark.parametrize("case", SUITE["multi_objective"], ids=lambda case: case["name"])
def test_multi_objective(case: dict[str, Any]) -> None:
    def compute() -> dict[str, Any]:
        privacy = Privacy(**{**case["privacy"], "policy": Action(case["privacy"].get("policy", "mask"))})
        options = [Option(**{**one, "way": Way(one["way"])}) for one in case["options"]]
        chosen = choose_option(options, privacy, cost_price=case["cost_price"], leak_price=case["leak_price"])
        return {"way": chosen.way, "tier": chosen.tier}

    checked(case, compute)


def test_every_way_to_choose_is_there() -> None:
    steps = [
        case["expect"]["next_tier"] for name in ("open_loop", "closed_loop") for case in SUITE[name] if "expect" in case
    ]
    assert {None, 0, 1, 2} <= set(steps)
    assert {case["expect"]["way"] for case in SUITE["multi_objective"] if "expect" in case} == set(Way)
