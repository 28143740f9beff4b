from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from upcall.edge_runtime.decision.tiers.closed_loop import ClosedLoop, DiscreteNoise, GaussianNoise, revealing
from upcall.edge_runtime.decision.tiers.gaussian import deviation_of_difference, expected_max_of_two
from upcall.edge_runtime.decision.tiers.supermodel import Supermodels
from upcall.edge_runtime.errors import InputError

COIN = DiscreteNoise(np.array([-1.0, 1.0]), np.array([0.5, 0.5]))
SKEWED = DiscreteNoise(np.array([-2.0, 0.0, 0.5]), np.array([0.1, 0.5, 0.4]))


def open_loop(means: list[float], deviations: list[float], prices: list[float], noise: DiscreteNoise) -> float:
    """The best set, each charged whole, by enumeration of what independent tiers may turn out to be."""
    best = -np.inf
    for chosen in product([False, True], repeat=len(means)):
        tiers = [tier for tier, is_in in enumerate(chosen) if is_in]
        if tiers:
            value = 0.0
            for places in product(range(len(noise.points)), repeat=len(tiers)):
                found = [
                    means[tier] + deviations[tier] * noise.points[place]
                    for tier, place in zip(tiers, places, strict=True)
                ]
                value += float(np.prod(noise.weights[list(places)])) * max(found)
            best = max(best, value - sum(prices[tier] for tier in tiers))
    return best


def carried_out(means: list[float], deviations: list[float], prices: list[float], noise: DiscreteNoise) -> float:
    """What the rule gives when its choices are followed through all that may turn out."""
    known = revealing(np.diag(np.square(deviations)))
    rules: dict[frozenset[int], ClosedLoop] = {}

    def follow(now: list[float], asked: frozenset[int]) -> float:
        if asked not in rules:
            rules[asked] = ClosedLoop(known, tiers=len(means), asked=asked, noise=noise)
        tier = rules[asked].choose(now, prices).next_tier
        if tier is None:
            return max(now[one] for one in asked)
        value = -prices[tier]
        for point, weight in zip(noise.points, noise.weights, strict=True):
            after = [own + deviations[tier] * point * (place == tier) for place, own in enumerate(now)]
            value += weight * follow(after, asked | {tier})
        return value

    return follow(means, frozenset())


def optimum(means: list[float], deviations: list[float], prices: list[float], noise: DiscreteNoise) -> float:
    """Bellman's equation by recursion over all that may turn out, written apart from the product."""

    def value(best: float, rest: frozenset[int]) -> float:
        found = best
        for tier in rest:
            outcomes = means[tier] + deviations[tier] * noise.points
            after = [value(max(best, one), rest - {tier}) for one in outcomes]
            found = max(found, float(np.dot(noise.weights, after)) - prices[tier])
        return found

    return value(-np.inf, frozenset(range(len(means))))


def instances(tiers: int, count: int) -> list[tuple[list[float], list[float], list[float]]]:
    rng = np.random.default_rng(tiers)
    grid = [
        (
            rng.choice([0.3, 0.5, 0.7, 0.9], tiers),
            rng.choice([0.0, 0.1, 0.3, 0.5], tiers),
            rng.choice([0.0, 0.05, 0.12, 0.4], tiers),
        )
        for _ in range(count)
    ]
    return [(one.tolist(), two.tolist(), three.tolist()) for one, two, three in grid]


@pytest.mark.parametrize("noise", [COIN, SKEWED], ids=["coin", "skewed"])
@pytest.mark.parametrize(("tiers", "count"), [(2, 150), (3, 150)])
def test_it_is_the_optimum_and_never_below_open_loop(tiers: int, count: int, noise: DiscreteNoise) -> None:
    better = 0
    for means, deviations, prices in instances(tiers, count):
        rule = ClosedLoop(revealing(np.diag(np.square(deviations))), tiers=tiers, noise=noise)
        value = rule.choose(means, prices).value
        assert value == pytest.approx(optimum(means, deviations, prices, noise), abs=1e-9)
        rival = open_loop(means, deviations, prices, noise)
        assert value >= rival - 1e-9
        better += value > rival + 1e-6
    assert better > 10


def test_following_it_gives_what_it_promises() -> None:
    for means, deviations, prices in instances(3, 40):
        rule = ClosedLoop(revealing(np.diag(np.square(deviations))), tiers=3, noise=COIN)
        assert carried_out(means, deviations, prices, COIN) == pytest.approx(rule.choose(means, prices).value, abs=1e-9)


def test_asking_the_small_one_first_where_open_loop_asks_the_large_one() -> None:
    means, deviations, prices = [0.5, 0.9], [0.5, 0.0], [0.4 * 0.3, 0.4 * 1.0]
    chosen = ClosedLoop(revealing(np.diag(np.square(deviations))), tiers=2, noise=COIN).choose(means, prices)
    assert chosen.next_tier == 0
    assert chosen.value == pytest.approx(0.63)
    assert open_loop(means, deviations, prices, COIN) == pytest.approx(0.5)
    assert Supermodels(np.diag(np.square(deviations))).choose(means, prices).next_tier == 1
    after = ClosedLoop(revealing(np.diag(np.square(deviations))), tiers=2, asked=frozenset({0}), noise=COIN)
    assert after.choose([0.0, 0.9], prices).next_tier == 1
    assert after.choose([1.0, 0.9], prices).next_tier is None


def test_where_tiers_are_independent_it_is_weitzmans_index() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        means, deviations, prices = rng.uniform(0.3, 0.9, 3), rng.uniform(0.05, 0.3, 3), rng.uniform(0.01, 0.15, 3)

        def lack(index: float, tier: int, own: tuple[np.ndarray, ...] = (means, deviations, prices)) -> float:
            ratio = (own[0][tier] - index) / own[1][tier]
            return float(own[1][tier] * (norm.pdf(ratio) + ratio * norm.cdf(ratio)) - own[2][tier])

        indices = [brentq(lack, -5, 5, args=(tier,)) for tier in range(3)]
        ranked = sorted(indices)
        if ranked[-1] - ranked[-2] < 0.01:
            continue  # as good as equal
        rule = ClosedLoop(revealing(np.diag(deviations**2)), tiers=3)
        assert rule.choose(means.tolist(), prices.tolist()).next_tier == int(np.argmax(indices))


def test_two_tiers_escalate_by_the_closed_form() -> None:
    rng = np.random.default_rng(1)
    asked = frozenset({0})
    for _ in range(50):
        root = rng.normal(size=(2, 2)) * 0.2
        spread, means, price = root @ root.T, rng.uniform(0.3, 0.9, 2), float(rng.uniform(0, 0.2))
        theta = deviation_of_difference(spread[0, 0], spread[1, 1], spread[0, 1])
        gain = expected_max_of_two(*means, deviation=theta) - means[0]
        rule = ClosedLoop(lambda _, own=spread: own, tiers=2, asked=asked)  # type: ignore[misc]
        assert (rule.choose(means.tolist(), [0.0, price]).next_tier == 1) == (gain > price)


def test_correlated_tiers_are_near_a_fine_grid() -> None:
    rng = np.random.default_rng(2)
    for _ in range(5):
        root = rng.normal(size=(3, 3)) * 0.12
        known, means, prices = revealing(root @ root.T), rng.uniform(0.4, 0.9, (20, 3)), [0.02, 0.05, 0.1]
        values = ClosedLoop(known, tiers=3).values(means, prices)
        fine = ClosedLoop(known, tiers=3, noise=GaussianNoise(80)).values(means, prices)
        np.testing.assert_allclose(values, fine, atol=0.004)
        assert (values <= fine + 1e-6).all()


@pytest.mark.parametrize("tiers", [1, 2, 3, 5])
def test_many_queries_are_chosen_for_as_one(tiers: int) -> None:
    rng = np.random.default_rng(3)
    root = rng.normal(size=(tiers, tiers)) * 0.3 / np.sqrt(tiers)
    known, means, prices = (
        revealing(root @ root.T),
        rng.uniform(0.2, 0.9, (150, tiers)),
        rng.uniform(0, 0.1, tiers).tolist(),
    )
    for asked in ([], [0], [0, 2], list(range(tiers))):
        if asked and max(asked) >= tiers:
            continue
        rule = ClosedLoop(known, tiers=tiers, asked=frozenset(asked))
        together = rule.choose_many(means, prices)
        for row in range(0, 150, 7):
            one = rule.choose(means[row].tolist(), prices).next_tier
            assert together[row] == (-1 if one is None else one)


def test_limits_of_the_price() -> None:
    known = revealing(np.diag([0.04, 0.03, 0.02]))
    rule = ClosedLoop(known, tiers=3)
    assert rule.choose([0.5, 0.6, 0.7], [3e3, 1e3, 2e3]).next_tier == 1  # something must answer: the cheapest
    after = ClosedLoop(known, tiers=3, asked=frozenset({1}))
    assert after.choose([0.5, 0.6, 0.7], [3e3, 1e3, 2e3]).next_tier is None
    assert after.choose([0.5, 0.6, 0.7], [0.0] * 3).next_tier is not None
    certain = ClosedLoop(revealing(np.zeros((3, 3))), tiers=3)
    assert certain.choose([0.5, 0.6, 0.7], [0.1, 0.15, 0.3]).next_tier == 1  # the router


def test_what_is_not_usable_is_refused() -> None:
    rule = ClosedLoop(revealing(np.eye(2)), tiers=2)
    for means, prices in (
        ([0.1], [0.1, 0.1]),
        ([0.1, np.nan], [0.1, 0.1]),
        ([0.1, 0.2], [0.1]),
        ([0.1, 0.2], [-0.1, 0.1]),
    ):
        with pytest.raises(InputError):
            rule.choose(means, prices)
    with pytest.raises(InputError, match="were asked"):
        ClosedLoop(revealing(np.eye(2)), tiers=2, asked=frozenset({2}))
    with pytest.raises(InputError, match="3 tiers"):
        ClosedLoop(revealing(np.eye(3)), tiers=2)
    for points, weights in (([1.0, 2.0], [0.5, 0.5]), ([-1.0, 1.0], [0.5, 0.4]), ([0.0], [0.5, 0.5])):
        with pytest.raises(InputError):
            DiscreteNoise(np.array(points), np.array(weights))
