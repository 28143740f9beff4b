"""Routing, cascades and cascade routing on a small world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.routing.methods.tabular import Tabular, world
from upcall.edge_runtime.errors import InputError
from upcall.routing.bases.estimated import EstimatedMethod, spread
from upcall.routing.methods.bellman import Bellman
from upcall.routing.methods.cascade import Cascade, ThresholdCascade, tuned
from upcall.routing.methods.cascade_routing import CascadeRouting
from upcall.routing.methods.routing import Routing
from upcall.routing.tables.outcome_table import OutcomeTable

KINDS = (Routing, ThresholdCascade, Cascade, CascadeRouting, Bellman)
TEST = world(600, seed=3)


def fitted(kind: type[EstimatedMethod], tiers: int = 3) -> EstimatedMethod:
    method = kind(Tabular)
    method.fit(
        world(1500, seed=1, tiers=tiers, split="train"), world(400, seed=2, tiers=tiers, split="calibration"), seed=0
    )
    return method


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name)
def method(request: pytest.FixtureRequest) -> EstimatedMethod:
    return fitted(request.param)


def area(method: EstimatedMethod, table: OutcomeTable) -> float:
    """Under quality against cost between the cheapest and the dearest tier, over the width."""
    made = [method.decide(table, setting) for setting in method.settings()]
    points = sorted((float(one.cost(table).mean()), float(one.quality(table).mean())) for one in made)
    low, high = table.cost.mean(axis=0)[[0, -1]]
    grid = np.linspace(low, high, 200)
    best = np.maximum.accumulate([quality for _, quality in points])
    return float(np.interp(grid, [cost for cost, _ in points], best).mean())


def test_settings_fall_and_spend_more_and_more(method: EstimatedMethod) -> None:
    settings = method.settings()
    assert (np.diff(settings) < 0).all()
    assert settings[-1] == 0
    spends = [float(method.decide(TEST, setting).cost(TEST).mean()) for setting in settings]
    assert 5 <= len(settings) <= 21
    assert spends[0] == pytest.approx(TEST.cost[:, 0].mean(), abs=0.05)
    assert spends[-1] > 0.6
    assert max(np.diff(sorted(spends))) < 0.7 * (max(spends) - min(spends))


def test_it_looks_at_nothing_that_is_not_visible(method: EstimatedMethod) -> None:
    rng = np.random.default_rng(0)
    for setting in method.settings()[::4]:
        made = method.decide(TEST, setting)
        features = []
        for tier, own in enumerate(TEST.features):
            assert own is not None
            changed, hidden = own.copy(), ~made.asked[:, tier]
            changed[hidden, -1] = 1 - changed[hidden, -1]
            features.append(changed)
        answers = np.where(made.asked, TEST.answers, "other")
        other = replace(
            TEST,
            quality=rng.uniform(size=TEST.quality.shape),
            cost=TEST.cost * 7,
            features=tuple(features),
            answers=answers,
        )
        again = method.decide(other, setting)
        np.testing.assert_array_equal(again.asked, made.asked)
        np.testing.assert_array_equal(again.chosen, made.chosen)


def test_it_says_why(method: EstimatedMethod) -> None:
    setting = float(method.settings()[len(method.settings()) // 2])
    made = method.decide(TEST, setting)
    for query in range(0, 40, 5):
        why = method.explain(TEST, query, setting)
        assert why.chosen == TEST.tiers[made.chosen[query]]
        assert sorted(why.asked) == sorted(np.array(TEST.tiers)[made.asked[query]])
        assert len(why.steps) == len(why.asked) + 2
        assert why.steps[-1].endswith("stop")


def test_what_is_not_usable_is_refused(method: EstimatedMethod) -> None:
    with pytest.raises(InputError, match="setting"):
        method.decide(TEST, float("nan"))
    with pytest.raises(InputError, match="2 tiers"):
        method.decide(TEST.with_tiers([0, 1]), 1.0)
    with pytest.raises(InputError, match="not fitted"):
        _ = type(method)(Tabular).model


def test_answers_that_are_looked_at_pay() -> None:
    areas = {kind.name: area(fitted(kind), TEST) for kind in KINDS}
    single = TEST.quality.mean(axis=0)
    costs = TEST.cost.mean(axis=0)
    static = float(np.interp(np.linspace(costs[0], costs[-1], 200), costs, single).mean())
    assert areas["bellman"] > static + 0.02
    assert areas["bellman"] > areas["routing"]
    assert areas["bellman"] > areas["cascade_routing"] - 0.01


@pytest.mark.parametrize("tiers", [1, 2, 4])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_any_number_of_tiers(kind: type[EstimatedMethod], tiers: int) -> None:
    table = world(200, seed=5, tiers=tiers)
    method = fitted(kind, tiers)
    for setting in method.settings()[:: max(1, len(method.settings()) // 3)]:
        made = method.decide(table, setting)
        assert made.asked.any(axis=1).all()


def test_thresholds_are_the_best_of_all_on_their_grid() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(size=(60, 1))
    worths = np.stack([scores[:, 0] + rng.normal(size=60) * 0.2, np.full(60, 0.6)], axis=1)
    threshold = tuned(scores, worths)[0]
    own = np.where(scores[:, 0] >= threshold, worths[:, 0], worths[:, 1]).mean()
    bounds = [-1.0, 2.0, *np.quantile(scores, np.linspace(0, 1, 15))]
    assert own == pytest.approx(max(np.where(scores[:, 0] >= one, worths[:, 0], worths[:, 1]).mean() for one in bounds))


def test_prices_are_spread_by_what_they_spend() -> None:
    prices = spread(lambda price: 1 / (1 + 5 * price), [0.1, 1.0])
    spends = 1 / (1 + 5 * prices)
    assert (np.diff(prices) < 0).all()
    assert max(np.diff(spends)) < 0.12
    assert (spends[0], spends[-1]) == (pytest.approx(0.0, abs=0.02), 1.0)
