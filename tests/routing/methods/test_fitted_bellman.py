"""The learnt closed loop against open loop and against the best policy, in worlds that can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.routing.worlds import PRE_NAMES, logistic_world
from upcall.routing.methods.fitted_bellman import MAX_SETS, FittedBellman, answered_sets
from upcall.routing.tables.outcome_table import OutcomeTable, Split, outcome_table

WORLD = logistic_world(900)[0]


def checked_device(n: int = 3000, *, seed: int = 0) -> OutcomeTable:
    """The small tier is right half of the time, which its answer tells perfectly; the large one nine times of ten."""
    random = np.random.default_rng(seed)
    small, large = random.random(n) < 0.5, random.random(n) < 0.9
    told = (np.where(small, 1.0, -1.0) + random.normal(0, 0.1, n))[:, None].astype(np.float32)
    return outcome_table(
        query_ids=[f"q{row}" for row in range(n)],
        tiers=("small", "large"),
        quality=np.column_stack([small, large]).astype(float),
        cost=np.tile([0.3, 1.0], (n, 1)),
        splits=np.array(list(Split))[np.arange(n) % 3].tolist(),
        features=[told, None],
        feature_names=[("post.check",), ()],
    )


def fitted(table: OutcomeTable) -> FittedBellman:
    method = FittedBellman()
    method.fit(table.split(Split.TRAIN), table.split(Split.CALIBRATION), seed=0)
    return method


@pytest.fixture(scope="module")
def of_world() -> FittedBellman:
    return fitted(WORLD)


def test_better_than_open_loop_where_an_answer_can_be_checked() -> None:
    table = checked_device()
    method, test = fitted(table), table.split(Split.TEST)
    price = 0.4
    # Lower prices down to the next setting do the same.
    decisions = method.decide(test, min(float(own) for own in method.settings() if own >= price))
    value = (decisions.quality(test) - price * decisions.cost(test)).mean()
    open_loop = max(0.5 - 0.3 * price, 0.9 - price, 0.95 - 1.3 * price)  # one, the other, both charged whole
    closed_loop = 0.5 + 0.5 * (0.9 - price) - 0.3 * price  # asks the small one, and the large one where it was wrong
    assert value == pytest.approx(closed_loop, abs=0.02)
    assert value > open_loop + 0.05
    assert decisions.asked[:, 0].all()
    assert (decisions.asked[:, 1] == (test.quality[:, 0] == 0)).mean() > 0.99


def test_dear_and_cheap_ends() -> None:
    table = checked_device()
    method, test = fitted(table), table.split(Split.TEST)
    settings = method.settings()
    assert (np.diff(settings) < 0).all()
    calls = [method.decide(test, float(own)).calls().mean() for own in settings]
    assert calls[0] == 0
    assert calls[-1] > 0.45
    assert calls == sorted(calls)


def test_what_was_not_asked_is_not_seen(of_world: FittedBellman) -> None:
    test = WORLD.split(Split.TEST)
    setting = float(of_world.settings()[len(of_world.settings()) // 2])
    decisions = of_world.decide(test, setting)
    assert 0 < decisions.calls().mean() < 1
    answers, device = test.answers.copy(), test.features[0]
    assert device is not None
    answers[~decisions.asked] = "another 12345"
    features = device.copy()
    features[~decisions.asked[:, 0], len(PRE_NAMES) :] = 99
    changed = replace(
        test, answers=answers, features=(features, None, None), quality=1 - test.quality, cost=test.cost * 2
    )
    again = of_world.decide(changed, setting)
    assert (again.asked == decisions.asked).all()
    assert (again.chosen == decisions.chosen).all()


def test_an_explanation_is_what_was_done(of_world: FittedBellman) -> None:
    test = WORLD.split(Split.TEST)
    setting = float(of_world.settings()[len(of_world.settings()) // 2])
    decisions = of_world.decide(test, setting)
    for query in range(12):
        said = of_world.explain(test, query, setting)
        assert {test.tiers.index(tier) for tier in said.asked} == set(np.flatnonzero(decisions.asked[query]))
        assert said.chosen == test.tiers[decisions.chosen[query]]
        assert len(said.steps) == len(said.asked) + 1
        assert "before an answer: estimated quality device 0." in said.steps[0]
        assert said.steps[-1].endswith(f"stops with {said.chosen}")


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_one_class_only_asks_the_cheapest(value: float) -> None:
    table = replace(WORLD, quality=np.full_like(WORLD.quality, value))
    method = fitted(table)
    decisions = method.decide(table, float(method.settings()[0]))
    assert decisions.asked.tolist() == [[True, False, False]] * len(table)


def test_nothing_is_visible_and_one_tier() -> None:
    bare = replace(
        WORLD, features=(None,) * 3, feature_names=((),) * 3, answers=np.full(WORLD.quality.shape, None, dtype=object)
    )
    method = fitted(bare)
    asked = method.decide(bare, float(method.settings()[-1])).asked
    assert (asked == asked[0]).all()  # nothing tells one query from another
    assert asked[0, 2]
    single = WORLD.with_tiers([0])
    method = fitted(single)
    assert len(method.settings()) == 1
    assert method.decide(single, float(method.settings()[0])).asked.all()


def test_sets_stay_few() -> None:
    assert len(answered_sets(6)) == 64
    for tiers in range(1, 15):
        sets = answered_sets(tiers)
        assert len(set(sets)) == len(sets)
        assert {frozenset[int](), *(frozenset({tier}) for tier in range(tiers))} <= set(sets)
        assert len(sets) <= max(MAX_SETS, tiers + 1)
