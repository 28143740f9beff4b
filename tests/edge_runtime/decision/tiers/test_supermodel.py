from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from upcall.edge_runtime.decision.tiers.gaussian import (
    deviation_of_difference,
    expected_max_of_two,
    factor,
    normal_points,
)
from upcall.edge_runtime.decision.tiers.supermodel import Supermodels
from upcall.edge_runtime.errors import InputError


def instance(rng: np.random.Generator, tiers: int) -> tuple[np.ndarray, list[float], list[float]]:
    root = rng.normal(size=(tiers, tiers)) * 0.3 / np.sqrt(tiers)
    return root @ root.T, rng.uniform(0.3, 0.9, tiers).tolist(), rng.uniform(0, 0.15, tiers).tolist()


def brute_force(
    spread: np.ndarray, means: list[float], prices: list[float], asked: set[int]
) -> tuple[frozenset[int], float]:
    """Every set that holds those asked, by its definition on the same points."""
    drawn = np.array(means) + normal_points(len(means)) @ factor(spread).T
    rest = [tier for tier in range(len(means)) if tier not in asked]
    found: dict[frozenset[int], float] = {}
    for size in range(len(rest) + 1):
        for more in combinations(rest, size):
            tiers = sorted(asked | set(more))
            if tiers:
                best = drawn[:, tiers].max(axis=1).mean() if more else max(means[tier] for tier in tiers)
                found[frozenset(tiers)] = float(best) - sum(prices[tier] for tier in more)
    chosen = max(found, key=lambda tiers: found[tiers])
    return chosen, found[chosen]


def test_the_choice_is_brute_force_and_pruning_loses_nothing() -> None:
    rng = np.random.default_rng(0)
    sizes = set()
    for number in range(1000):
        tiers = 3 + number % 3
        spread, means, prices = instance(rng, tiers)
        asked = frozenset(rng.choice(tiers, size=number % tiers, replace=False).tolist()) if number % 2 else frozenset()
        rule = Supermodels(spread, asked=asked)
        pruned = rule.choose(means, prices)
        assert pruned == rule.choose(means, prices, is_pruned=False)
        wanted, value = brute_force(spread, means, prices, set(asked))
        assert pruned.tiers == wanted
        assert pruned.value == pytest.approx(value, abs=1e-12)
        left = wanted - asked
        assert pruned.next_tier == (min(left, key=lambda tier: prices[tier]) if left else None)
        sizes.add(len(wanted))
    assert sizes == {1, 2, 3, 4, 5}


def test_pruning_leaves_out_work() -> None:
    rng = np.random.default_rng(1)
    spread, means, prices = instance(rng, 8)
    rule = Supermodels(spread)
    assert (
        len(list(rule._walk(means, prices, is_pruned=True)))
        < len(list(rule._walk(means, prices, is_pruned=False)))
        == 255
    )


def test_two_tiers_are_in_closed_form() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        spread, means, prices = instance(rng, 2)
        both = expected_max_of_two(*means, deviation=deviation_of_difference(spread[0, 0], spread[1, 1], spread[0, 1]))
        values = {(0,): means[0] - prices[0], (1,): means[1] - prices[1], (0, 1): both - sum(prices)}
        best = max(values, key=lambda tiers: values[tiers])
        chosen = Supermodels(spread).choose(means, prices)
        assert (chosen.tiers, chosen.next_tier) == (frozenset(best), min(best, key=lambda tier: prices[tier]))
        assert chosen.value == pytest.approx(values[best], abs=1e-12)


@pytest.mark.parametrize("tiers", [1, 2, 3, 5])
@pytest.mark.parametrize("order", [None, "prefixes"])
def test_many_queries_are_chosen_for_as_one(tiers: int, order: str | None) -> None:
    rng = np.random.default_rng(3)
    spread, _, prices = instance(rng, tiers)
    means = rng.uniform(0.2, 0.9, (150, tiers))
    for asked in (frozenset[int](), frozenset({0})):
        rule = Supermodels(spread, asked=asked, order=list(range(tiers)) if order else None)
        places, following = rule.choose_many(rule.qualities(means), prices)
        for row in range(0, 150, 7):
            one = rule.choose(means[row].tolist(), prices)
            assert rule.sets[places[row]] == one.tiers
            assert following[row] == (-1 if one.next_tier is None else one.next_tier)


def test_without_doubt_it_is_the_router() -> None:
    rng = np.random.default_rng(4)
    for tiers in (2, 3, 5):
        for _ in range(30):
            _, means, prices = instance(rng, tiers)
            best = int(np.argmax(np.array(means) - prices))
            chosen = Supermodels(np.zeros((tiers, tiers))).choose(means, prices)
            assert (chosen.tiers, chosen.next_tier) == (frozenset({best}), best)


def test_a_cascade_knows_prefixes_only() -> None:
    rng = np.random.default_rng(5)
    spread, means, prices = instance(rng, 4)
    rule = Supermodels(spread, order=[2, 0, 1, 3])
    assert set(rule.sets) == {frozenset({2}), frozenset({0, 2}), frozenset({0, 1, 2}), frozenset(range(4))}
    assert rule.choose(means, prices).next_tier == 2
    with pytest.raises(InputError, match="were asked"):
        Supermodels(spread, asked=frozenset({3}), order=[2, 0, 1, 3])


def test_free_tiers_are_all_asked_and_dear_ones_never() -> None:
    rng = np.random.default_rng(6)
    spread, means, costs = instance(rng, 4)
    assert Supermodels(spread).choose(means, [0.0] * 4).tiers == frozenset(range(4))
    useless = [0.9, 0.1, 0.8, 0.85]  # no chance for tier 1, whose estimate is certain
    spread[1, :] = spread[:, 1] = 0.0
    assert Supermodels(spread).choose(useless, [0.0] * 4).tiers == frozenset({0, 2, 3})
    dear = [1e9 * cost for cost in costs]
    assert Supermodels(spread).choose(means, dear).tiers == frozenset({int(np.argmin(costs))})


def test_equal_sets_take_the_cheapest_then_the_first() -> None:
    rule = Supermodels(np.zeros((3, 3)))
    assert rule.choose([0.5, 0.5, 0.5], [0.1, 0.1, 0.1]).tiers == frozenset({0})
    assert rule.choose([0.6, 0.5, 0.5], [0.2, 0.1, 0.1]).tiers == frozenset({1})
    assert rule.choose([0.5, 0.5, 0.5], [0.0, 0.0, 0.0]).tiers == frozenset({0})


@pytest.mark.parametrize(
    ("means", "prices"),
    [
        ([0.1, 0.2], [0.1] * 3),
        ([0.1, 0.2, np.nan], [0.1] * 3),
        ([0.1] * 3, [0.1, -0.1, 0.1]),
        ([0.1] * 3, [np.nan] * 3),
    ],
)
def test_what_is_not_usable_is_refused(means: list[float], prices: list[float]) -> None:
    with pytest.raises(InputError):
        Supermodels(np.eye(3)).choose(means, prices)
