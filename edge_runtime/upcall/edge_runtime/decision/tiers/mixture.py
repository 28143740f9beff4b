"""Optimal routing before any answer: the best tier at a price, and the draw among equal ones that spends a budget exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.gaussian import Array
from upcall.edge_runtime.decision.tiers.ties import equal_to_best
from upcall.edge_runtime.errors import InputError


@dataclass(frozen=True, slots=True)
class Mixture:
    """A price, and what to do where it makes tiers equal.

    Args:
        price: λ ≥ 0, quality given for a unit of cost.
        dear_share: in [0, 1], probability of the dearest of equal tiers; else the cheapest.

    Raises:
        InputError: a number is out of range.

    Source: Dekoninck et al. 2024 (2410.10347), section 2. Departure: their published code swaps the two shares.
    Vectors: proto/vectors/routing.json
    """

    price: float
    dear_share: float

    def __post_init__(self) -> None:
        if not self.price >= 0 or not 0 <= self.dear_share <= 1:
            raise InputError(
                f"The price is {self.price}, the share {self.dear_share}.",
                allowed="a price of 0 or more, a share of 0 to 1",
            )

    def choose(self, qualities: Sequence[float], costs: Sequence[float], *, draw: float) -> int:
        """The tier for one query.

        Args:
            qualities: [K] expected.
            costs: [K] ≥ 0.
            draw: in [0, 1), uniform, of the query's own.

        Raises:
            InputError: there are not as many qualities as costs, or none, or a number is not finite.
        """
        quality, cost = np.array([qualities], dtype=np.float64), np.asarray(costs, dtype=np.float64)
        cheap, dear = best_tiers(quality, cost, self.price)
        return int(dear[0] if draw < self.dear_share else cheap[0])


def best_tiers(qualities: Array, costs: Array, price: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The cheapest and the dearest tier of greatest quality − price · cost, [N] each, for qualities [N, K] and costs [K].

    Raises:
        InputError: shapes differ, there is no tier, or a number is not finite.
    """
    if qualities.ndim != 2 or costs.shape != qualities.shape[1:] or not len(costs):
        raise InputError(f"Qualities {qualities.shape} stand beside costs {costs.shape}.", allowed="[N, K] and [K]")
    if not (np.isfinite(qualities).all() and np.isfinite(costs).all() and (costs >= 0).all()):
        raise InputError("A quality or a cost is not usable.", allowed="finite numbers, costs 0 or more")
    order = np.argsort(costs, kind="stable")
    values = (qualities - price * costs)[:, order]
    is_best = equal_to_best(values)
    last = len(costs) - 1 - is_best[:, ::-1].argmax(axis=1)
    return order[is_best.argmax(axis=1)], order[last]


def fit_mixture(qualities: Any, costs: Any, *, budget: float) -> Mixture:
    """The price and the share by which N queries spend the budget exactly, at the greatest expected quality.

    The greatest expected quality is that of a linear programme; its solution climbs each query's upper hull of (cost, quality)
    in the order of falling slopes until the budget is spent. The slope of the last step is the price; queries that have a
    step of that slope share what is left, with P(dear) = (B − c_cheap) / (c_dear − c_cheap).

    Args:
        qualities: [N, K] expected.
        costs: [K] ≥ 0, a query.
        budget: B, mean cost a query. Where it is more than the best tiers cost, the price is 0 and less is spent.

    Raises:
        InputError: shapes differ, a number is not finite, or the budget is below the cheapest tier.
    """
    quality, cost = np.asarray(qualities, dtype=np.float64), np.asarray(costs, dtype=np.float64)
    cheap, _ = best_tiers(quality, cost, 0.0)  # checks
    least = float(cost.min())
    if not budget >= least - 1e-12:
        raise InputError(
            f"The budget {budget:g} a query is below what the cheapest tier costs.", allowed=f"{least:.6g} or more"
        )
    slopes = np.unique(np.concatenate([_slopes(row, cost) for row in quality]))[::-1]
    if float(cost[cheap].mean()) <= budget or not len(slopes):  # equal costs leave nothing to choose between
        return Mixture(0.0, 0.0)
    low, high = 0, len(slopes) - 1  # spending never falls as the price does
    while low < high:
        middle = (low + high) // 2
        _, dear = best_tiers(quality, cost, float(slopes[middle]))
        low, high = (low, middle) if cost[dear].mean() >= budget - 1e-15 else (middle + 1, high)
    price = float(slopes[low])
    cheap, dear = best_tiers(quality, cost, price)
    below, above = float(cost[cheap].mean()), float(cost[dear].mean())
    return Mixture(price, float(np.clip((budget - below) / (above - below), 0, 1)) if above > below else 0.0)


def upper_hull(costs: Array, qualities: Array) -> list[int]:
    """Places of the vertices by rising cost, from the cheapest (the best of those) to the best: what mixing cannot better.

    Args:
        costs: [K] ≥ 0.
        qualities: [K].

    Source: Andrew 1979, the monotone chain.
    """
    hull: list[int] = []
    for place in np.lexsort((-qualities, costs)):
        if hull and qualities[place] <= qualities[hull[-1]]:
            continue
        while len(hull) > 1 and _is_below(hull[-1], hull[-2], place, costs, qualities):
            hull.pop()
        hull.append(int(place))
    return hull


def _is_below(middle: int, left: int, right: int, costs: Array, qualities: Array) -> bool:
    """Whether a point lies on or under the line through two others."""
    rise = (qualities[right] - qualities[left]) * (costs[middle] - costs[left])
    return bool((qualities[middle] - qualities[left]) * (costs[right] - costs[left]) <= rise)


def _slopes(quality: Array, cost: Array) -> Array:
    """[≤ K − 1] slopes of the upper hull of (cost, quality), falling from the cheapest tier to the best."""
    edges = pairwise(upper_hull(cost, quality))
    return np.array([(quality[high] - quality[low]) / (cost[high] - cost[low]) for low, high in edges])
