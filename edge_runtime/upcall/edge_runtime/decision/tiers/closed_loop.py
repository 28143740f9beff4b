"""Closed loop: after each answer ask the tier whose answer is worth most, or stop.

A good answer makes dearer tiers unnecessary, so a tier is charged only when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from statistics import NormalDist
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.gaussian import (
    Array,
    checked_covariance,
    deviation_of_difference,
    expected_excess,
    posterior,
)
from upcall.edge_runtime.decision.tiers.ties import best_places, equal_to_best
from upcall.edge_runtime.errors import InputError

EXACT_TIERS = 3
_NODES = 16
_ROWS_AT_ONCE = 128
_NO_VARIANCE = 1e-12  # an answer that resolves no more tells nothing


class Noise(Protocol):
    """How an estimate moves when a tier answers, in units of its deviation: mean 0, variance about 1."""

    @property
    def points(self) -> Array:
        """[n] values."""

    @property
    def weights(self) -> Array:
        """[n] their probabilities."""

    def excess(self, margins: Array, deviations: Array) -> Array:
        """E[max(0, margin + deviation · noise)], element by element."""


@dataclass(frozen=True, slots=True)
class GaussianNoise:
    """Normal: the last step in closed form, those before it on n equally likely parts, each at its mean.

    Parts at their means keep the expectation exact and make no estimate better informed than it is, so that no value is
    above the true one by more than rounding; the points lie close where decisions turn, in the middle. With 16 parts and
    three tiers values are within 0.011 deviations of those with 96, and a choice costs at most 0.0003 of quality (measured on
    1,200 random queries); Gauss–Hermite's 16 points cost 0.0024.
    """

    count: int = _NODES

    @property
    def points(self) -> Array:
        """[n]."""
        return _parts(self.count)

    @property
    def weights(self) -> Array:
        """[n], all 1/n."""
        return np.full(self.count, 1 / self.count)

    def excess(self, margins: Array, deviations: Array) -> Array:
        """E[max(0, margin + deviation · noise)] in closed form."""
        return expected_excess(margins, deviations)


@dataclass(frozen=True, slots=True)
class DiscreteNoise:
    """Some values with some probabilities, for which every step is exact.

    Raises:
        InputError: the weights are no probabilities, or the mean is not 0.
    """

    points: Array
    weights: Array

    def __post_init__(self) -> None:
        if self.points.shape != self.weights.shape or (self.weights < 0).any() or abs(self.weights.sum() - 1) > 1e-9:
            raise InputError("The weights of the noise are no probabilities.", allowed="[n], 0 or more, 1 in all")
        if abs(self.points @ self.weights) > 1e-9:
            raise InputError(f"The mean of the noise is {self.points @ self.weights:g}.", allowed="0")

    def excess(self, margins: Array, deviations: Array) -> Array:
        """E[max(0, margin + deviation · noise)] by enumeration."""
        moved = np.asarray(margins)[..., None] + np.asarray(deviations)[..., None] * self.points
        return np.asarray(np.maximum(moved, 0) @ self.weights)


@lru_cache(maxsize=8)
def _parts(count: int) -> Array:
    edge = NormalDist()
    inner = [edge.pdf(edge.inv_cdf(place / count)) for place in range(1, count)]
    parts = count * -np.diff([0.0, *inner, 0.0])
    parts.flags.writeable = False
    return parts


@dataclass(frozen=True, slots=True)
class StepChoice:
    """The next step of a query.

    Args:
        next_tier: to ask; None means stop.
        value: expected quality of the answer in the end, less the prices of what is asked on the way.
        values: of each tier asked next, in the order of ``ClosedLoop.rest``.
    """

    next_tier: int | None
    value: float
    values: tuple[float, ...]


def revealing(covariance: Any) -> Callable[[frozenset[int]], Array]:
    """The covariances after each set of tiers, where a tier that has answered is known and the others follow from it."""
    start = checked_covariance(covariance)

    def after(asked: frozenset[int]) -> Array:
        left = start
        for tier in sorted(asked):
            _, left = posterior(np.zeros(len(left)), left, tier=tier, value=0.0)
        return left

    return after


class ClosedLoop:
    """The worth of stopping and of asking each tier next, by Bellman's equation. Made once for a set of tiers asked.

    V_A = max(best estimate of A, max_k −price_k + E[V_{A ∪ k}]). Asking k moves all estimates along one direction: its own by
    the deviation that its answer resolves, the others by their covariance with that. Exact in this model for K ≤ 3,
    and wherever at most two tiers are left; beyond, what follows the next tier is to stop or to ask one more.

    Args:
        covariance: of a set of tiers asked, [K, K] of (estimate then − estimate once all have answered); asked for ``asked``
            and for the sets that hold one or two tiers more. See ``revealing`` for one matrix.
        tiers: K.
        asked: tiers that have answered.
        noise: of a step.

    Raises:
        InputError: a covariance is none or of another size, or what was asked is no tier.

    Source: Bellman 1957 on the supermodels of Dekoninck et al. 2024 (2410.10347), whose value is open loop: a set is charged
    whole although one may stop early. Where estimates are independent it is Weitzman's (1979) index rule.
    Vectors: proto/vectors/routing.json
    """

    def __init__(
        self,
        covariance: Callable[[frozenset[int]], Any],
        *,
        tiers: int,
        asked: frozenset[int] = frozenset(),
        noise: Noise | None = None,
    ) -> None:
        if not asked <= set(range(tiers)):
            raise InputError(f"The tiers {sorted(asked)} were asked.", allowed=f"0 to {tiers - 1}")
        self._noise: Noise = GaussianNoise() if noise is None else noise
        self._points, self._weights = self._noise.points, self._noise.weights
        self._count = tiers
        self.asked = asked
        self._given = sorted(asked)
        self.rest = tuple(tier for tier in range(tiers) if tier not in asked)
        known: dict[frozenset[int], Array] = {}

        def of(now: frozenset[int]) -> Array:
            if now not in known:
                known[now] = checked_covariance(covariance(now))
                if len(known[now]) != tiers:
                    raise InputError(f"The covariance is of {len(known[now])} tiers.", allowed=f"{tiers}")
            return known[now]

        rest = self.rest
        # One tier more: its deviation against each tier that has answered.
        self._last = np.array([[_theta(of(asked), tier, one) for one in self._given] for tier in rest])
        if len(rest) < 2:
            return
        shifts = {tier: _shift(of(asked), of(asked | {tier}), tier) for tier in rest}
        self._shifts = np.stack([shifts[tier] for tier in rest])
        self._is_deep = len(rest) == EXACT_TIERS == tiers
        self._pairs = list(permutations(range(len(rest)), 2))
        first, second = (np.array(one) for one in zip(*self._pairs, strict=True))
        self._first = first
        self._second = np.array(rest)[second]
        pairs = [(rest[one], rest[two]) for one, two in self._pairs]
        self._theta = np.array([_theta(of(asked | {one}), two, one) for one, two in pairs])[:, None]
        if self._is_deep:
            self._third = np.array([3 - one - two for one, two in pairs])
            self._deep_shifts = np.stack(
                [_shift(of(frozenset({one})), of(frozenset({one, two})), two) for one, two in pairs]
            )
            self._deep_theta = np.array([_theta(of(frozenset({one, two})), 3 - one - two, two) for one, two in pairs])

    def choose(self, means: Sequence[float], prices: Sequence[float]) -> StepChoice:
        """Choose the next step of one query; of equal values stop, else the cheapest, then the first.

        Args:
            means: [K] what is estimated now.
            prices: [K] ≥ 0, λ times the cost of each tier, in quality.

        Raises:
            InputError: there are not as many means or prices as tiers, a mean is not finite, or a price is negative.
        """
        given = np.array([means], dtype=np.float64)
        if given.shape != (1, self._count) or not np.isfinite(given).all():
            raise InputError(f"The {len(means)} estimates are not usable.", allowed=f"{self._count} finite numbers")
        values = self.values(given, prices)[0].tolist()
        stop = max((float(means[tier]) for tier in self._given), default=-float("inf"))
        best = best_places([stop, *values])
        if best[0] == 0:
            return StepChoice(None, stop, tuple(values))
        place = min((own - 1 for own in best), key=lambda one: prices[self.rest[one]])
        return StepChoice(self.rest[place], values[place], tuple(values))

    def choose_many(self, means: Array, prices: Sequence[float]) -> NDArray[np.int64]:
        """The next tier [N] for estimates [N, K], −1 to stop: what ``choose`` chooses."""
        if not self.rest:
            return np.full(len(means), -1)
        ranked = sorted(range(len(self.rest)), key=lambda place: (prices[self.rest[place]], place))
        values, actions = self.values(means, prices)[:, ranked], [self.rest[place] for place in ranked]
        if self._given:  # to stop comes first of equal ones
            values = np.column_stack([means[:, self._given].max(axis=1), values])
            actions = [-1, *actions]
        return np.asarray(np.array(actions)[equal_to_best(values).argmax(axis=1)])

    def values(self, means: Array, prices: Sequence[float]) -> Array:
        """[N, R] of asking each tier of ``rest`` next, for estimates [N, K]."""
        if len(prices) != self._count or not all(price >= 0 for price in prices):
            raise InputError(f"The prices are {[float(one) for one in prices]}.", allowed=f"{self._count}, 0 or more")
        if not self.rest:
            return np.empty((len(means), 0))
        costs = np.array(prices, dtype=np.float64)
        if len(self.rest) == 1:
            return self._one_more(means) - costs[list(self.rest)]
        step = self._three_steps if self._is_deep else self._two_steps
        chunks = [means[start : start + _ROWS_AT_ONCE] for start in range(0, len(means), _ROWS_AT_ONCE)]
        return np.concatenate([step(chunk, costs) for chunk in chunks]) if len(chunks) > 1 else step(means, costs)

    def _one_more(self, means: Array) -> Array:
        """[N, R]: E[max] of the best so far and each tier of the rest."""
        rest = list(self.rest)
        if not self._given:
            return means[:, rest]
        given = means[:, self._given]
        place = given.argmax(axis=1)
        best = given[np.arange(len(means)), place][:, None]
        margins = means[:, rest] - best
        return np.asarray(best + self._noise.excess(margins, self._last[:, place].T))

    def _two_steps(self, means: Array, costs: Array) -> Array:
        """[N, R]: one tier, then stop or one more, at the points of what the first may tell."""
        # [N, R, n] where each tier stands once it has answered.
        own = np.take(self._shifts.ravel(), np.arange(len(self.rest)) * self._count + self.rest)
        best = means[:, self.rest, None] + own[:, None] * self._points
        for tier in self._given:
            best = np.maximum(best, means[:, tier, None, None] + self._shifts[:, tier, None] * self._points)
        after = best[:, self._first]  # [N, pairs, n]
        slopes = self._shifts[self._first, self._second]
        margins = means[:, self._second, None] + slopes[:, None] * self._points - after
        gain = np.maximum(self._noise.excess(margins, self._theta) - costs[self._second, None], 0)
        gain = gain.reshape(len(means), len(self.rest), len(self.rest) - 1, -1).max(axis=2)
        return np.asarray((best + gain) @ self._weights - costs[list(self.rest)])

    def _three_steps(self, means: Array, costs: Array) -> Array:
        """[N, 3]: of three tiers and none asked, exactly, at the points of the first and, within, of the second."""
        points, n = self._points, len(self._points)
        rows = np.arange(len(self._first))
        own = means[:, :, None] + np.diagonal(self._shifts)[:, None] * points  # [N, 3, n]
        best = own[:, self._first]  # [N, 6, n]
        first = self._shifts[self._first]  # [6, 3]
        second = means[:, self._second, None] + first[rows, self._second][:, None] * points
        third = means[:, self._third, None] + first[rows, self._third][:, None] * points
        moves = self._deep_shifts[rows, self._second]  # of the second by its own answer
        # What the second may do to the best so far and to the third: [N, 6, n, n].
        better = np.maximum(second[..., None] + moves[:, None, None] * points, best[..., None])
        margins = third[..., None] + self._deep_shifts[rows, self._third][:, None, None] * points - better
        gain = self._noise.excess(margins, self._deep_theta[:, None, None]) - costs[self._third, None, None]
        asked_second = (better + np.maximum(gain, 0)) @ self._weights - costs[self._second, None]
        values = np.maximum(asked_second, best).reshape(len(means), 3, 2, n).max(axis=2)
        return np.asarray(values @ self._weights - costs)


def _theta(covariance: Array, tier: int, other: int) -> float:
    own, its, both = (float(covariance[pair]) for pair in ((tier, tier), (other, other), (tier, other)))
    return deviation_of_difference(own, its, both)


def _shift(now: Array, then: Array, tier: int) -> Array:
    """[K]: how far each estimate moves when the tier answers one deviation above what was estimated."""
    resolved = now - then
    if resolved[tier, tier] <= _NO_VARIANCE:
        return np.zeros(len(now))
    return np.asarray(resolved[tier] / np.sqrt(resolved[tier, tier]))
