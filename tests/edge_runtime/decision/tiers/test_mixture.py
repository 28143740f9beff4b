from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from upcall.edge_runtime.decision.tiers.mixture import Mixture, best_tiers, fit_mixture, upper_hull
from upcall.edge_runtime.errors import InputError


def expected(mixture: Mixture, quality: np.ndarray, cost: np.ndarray) -> tuple[float, float]:
    """Quality and spend a query, over the draw."""
    cheap, dear = best_tiers(quality, cost, mixture.price)
    rows, share = np.arange(len(quality)), mixture.dear_share
    value = (1 - share) * quality[rows, cheap] + share * quality[rows, dear]
    return float(value.mean()), float(((1 - share) * cost[cheap] + share * cost[dear]).mean())


def test_the_value_is_that_of_the_linear_programme() -> None:
    rng = np.random.default_rng(0)
    mixed = 0
    for number in range(300):
        queries, tiers = int(rng.integers(1, 7)), int(rng.integers(2, 4))
        coarse = number % 2  # equal estimates are common in one half
        quality = rng.integers(0, 3, (queries, tiers)) / 2 if coarse else rng.uniform(size=(queries, tiers))
        cost = rng.integers(0, 4, tiers) / 3 if coarse else rng.uniform(size=tiers)
        budget = float(rng.uniform(cost.min(), cost.max() + 0.1))
        own = np.kron(np.eye(queries), np.ones(tiers))
        solved = linprog(
            -quality.ravel() / queries,
            A_ub=np.tile(cost, queries)[None] / queries,
            b_ub=[budget],
            A_eq=own,
            b_eq=np.ones(queries),
        )
        mixture = fit_mixture(quality, cost, budget=budget)
        value, spend = expected(mixture, quality, cost)
        assert value == pytest.approx(-solved.fun, abs=1e-9)
        cheapest_best, _ = best_tiers(quality, cost, 0.0)
        assert spend == pytest.approx(min(budget, cost[cheapest_best].mean()), abs=1e-9)
        mixed += 0 < mixture.dear_share < 1
    assert mixed > 50


def test_exact_ties_spend_the_budget() -> None:
    rng = np.random.default_rng(1)
    quality, cost = np.tile([0.5, 0.8], (10, 1)), np.array([0.1, 1.0])
    mixture = fit_mixture(quality, cost, budget=0.3)
    assert mixture.dear_share == pytest.approx((0.3 - 0.1) / (1.0 - 0.1))
    spent = cost[[mixture.choose([0.5, 0.8], cost.tolist(), draw=float(draw)) for draw in rng.uniform(size=4000)]]
    assert abs(spent.mean() - 0.3) < 3 * spent.std() / np.sqrt(len(spent))
    swapped = 0.1 + 0.9 * (1 - mixture.dear_share)  # what the published code spends: .8
    assert abs(spent.mean() - swapped) > 30 * spent.std() / np.sqrt(len(spent))


def test_a_price_takes_the_best_and_of_equal_ones_by_the_draw() -> None:
    assert Mixture(0.5, 0.25).choose([0.5, 0.9, 0.7], [0.0, 1.0, 0.2], draw=0.9) == 2
    assert [Mixture(0.3, 0.25).choose([0.5, 0.8], [0.0, 1.0], draw=draw) for draw in (0.0, 0.24, 0.25, 0.9)] == [
        1,
        1,
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("quality", "cost", "budget"),
    [
        ([[0.1, 0.2]], [0.5, 1.0], 0.49),
        ([[0.1, 0.2]], [0.5, 1.0], np.nan),
        ([[0.1, 0.2]], [0.5], 1.0),
        ([[0.1, np.nan]], [0.5, 1.0], 1.0),
        ([[0.1, 0.2]], [-0.5, 1.0], 1.0),
    ],
)
def test_what_is_not_usable_is_refused(quality: list[list[float]], cost: list[float], budget: float) -> None:
    with pytest.raises(InputError):
        fit_mixture(quality, cost, budget=budget)
    for price, share in ((-1.0, 0.5), (1.0, 1.5), (np.nan, 0.5)):
        with pytest.raises(InputError):
            Mixture(price, share)


def test_the_hull_by_hand() -> None:
    costs, qualities = np.array([1.0, 2.0, 3.0, 4.0, 1.0]), np.array([0.2, 0.25, 0.6, 0.55, 0.1])
    assert upper_hull(costs, qualities) == [0, 2]
    assert upper_hull(costs[:3], np.array([0.2, 0.5, 0.6])) == [0, 1, 2]
    assert upper_hull(np.array([1.0, 2.0]), np.array([0.5, 0.5])) == [0]


def test_the_best_value_by_brute_force_and_the_cheapest_of_equal_ones() -> None:
    random = np.random.default_rng(0)
    quality, cost = random.random((50, 3)), np.array([3.0, 1.0, 2.0])
    for price in (0.0, 0.1, 0.3, 5.0):
        for row, tier in enumerate(best_tiers(quality, cost, price)[0]):
            assert quality[row, tier] - price * cost[tier] == pytest.approx(max(quality[row] - price * cost))
    assert (best_tiers(np.full((2, 3), 0.5), cost, 0.0)[0] == 1).all()


def test_equal_costs_leave_nothing_to_choose_between() -> None:
    cost = 0.1 + 0.2  # more than .3 by rounding alone
    assert fit_mixture([[0.2, 0.7], [0.9, 0.1]], [cost, cost], budget=0.3) == Mixture(0.0, 0.0)
