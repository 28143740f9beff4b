"""Open loop: the set of tiers whose best answer is worth most for what it costs, among those that hold the tiers asked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.gaussian import (
    Array,
    checked_covariance,
    deviation_of_difference,
    expected_excess,
    expected_max_of_two,
    factor,
    normal_points,
)
from upcall.edge_runtime.decision.tiers.ties import best_places, equal_to_best
from upcall.edge_runtime.errors import InputError

_ROWS_AT_ONCE = 64  # so many queries' points fit a processor's cache


@dataclass(frozen=True, slots=True)
class SetChoice:
    """A set of tiers.

    Args:
        tiers: all of them, those already asked included; only these means stop.
        next_tier: to ask now, the cheapest of those not asked yet, since a later step may stop before the dearer ones are
            paid; None means stop.
        value: expected quality of the best answer, less the prices of what is not asked yet.
    """

    tiers: frozenset[int]
    next_tier: int | None
    value: float


class Supermodels:
    """The sets that may follow what was asked. Made once for a set of tiers asked, then used for every query and price.

    The quality of a set is E[max] of its tiers' estimates, jointly Gaussian about what is estimated now. Of the tiers already
    asked alone it is the best of what is estimated now, for nothing more will be learnt.

    Args:
        covariance: [K, K] of (estimate now − estimate once all have answered), K 1 to 16.
        asked: tiers that have answered.
        order: only sets that are the first of these tiers, in this order (a cascade); None allows all sets.

    Raises:
        InputError: the covariance is none, or what was asked is no beginning of the order.

    Source: Dekoninck et al. 2024 (2410.10347), sections 3 and 4. Departures: two tiers in closed form, more on fixed points
    in place of random samples; the cheapest unasked tier of the set comes next, where the published code takes the first of
    its list.
    Vectors: proto/vectors/routing.json
    """

    def __init__(
        self, covariance: Any, *, asked: frozenset[int] = frozenset(), order: Sequence[int] | None = None
    ) -> None:
        self._covariance = checked_covariance(covariance)
        self._count = count = len(self._covariance)
        self.asked = asked
        rest = [tier for tier in range(count) if tier not in asked]
        if not asked <= set(range(count)) or (order is not None and set(order[: len(asked)]) != asked):
            raise InputError(
                f"The tiers {sorted(asked)} were asked.", allowed="tiers of the covariance, first ones of the order"
            )
        self._order = None if order is None else [tier for tier in order if tier not in asked]
        more: Iterator[tuple[int, ...]]
        if self._order is None:
            more = (chosen for size in range(len(rest) + 1) for chosen in combinations(rest, size))
        else:
            more = (tuple(self._order[:size]) for size in range(len(self._order) + 1))
        self.sets: tuple[frozenset[int], ...] = tuple(asked | set(one) for one in more if asked or one)
        """[S], the smallest first."""
        self._theta = deviation_of_difference(*self._two()) if count == 2 else 0.0
        # [K, P]: how far each tier's estimate will move, at each point.
        self._moves = None if count <= 2 else np.ascontiguousarray(factor(self._covariance) @ normal_points(count).T)

    def choose(self, means: Sequence[float], prices: Sequence[float], *, is_pruned: bool = True) -> SetChoice:
        """The best set for one query; of equal ones the cheapest, then the smallest, then the first.

        Args:
            means: [K] what is estimated now.
            prices: [K] ≥ 0, λ times the cost of each tier, in quality.
            is_pruned: leave out S ∪ m, and m in all sets that hold S, where m's gain over S is below its price: E[max] is
                submodular, so no best set is lost.

        Raises:
            InputError: there are not as many means or prices as tiers, a mean is not finite, or a price is negative.
        """
        self._check(means, prices)
        means, prices = [float(one) for one in means], [float(one) for one in prices]
        found = self._walk_two(means) if self._moves is None else self._walk(means, prices, is_pruned)
        ranked: list[tuple[float, int, list[int], float]] = []
        for tiers, quality in found:
            price = sum(prices[tier] for tier in tiers if tier not in self.asked)
            ranked.append((price, len(tiers), tiers, quality - price))
        _, _, best, value = min(ranked[place] for place in best_places([value for *_, value in ranked]))
        return SetChoice(frozenset(best), self._next(frozenset(best), prices), float(value))

    def qualities(self, means: Array) -> Array:
        """[N, S] of each of the ``sets``, for estimates [N, K] of many queries; it depends on no price."""
        if self._count <= 2:
            columns = {frozenset({tier}): means[:, tier] for tier in range(self._count)}
            if self._count == 2:
                margins = means[:, 1] - means[:, 0]
                best = means[:, 0] + expected_excess(margins, np.full(len(means), self._theta))
                columns[frozenset({0, 1})] = means.max(axis=1) if len(self.asked) == 2 else best
            return np.stack([columns[one] for one in self.sets], axis=1)
        found = np.empty((len(means), len(self.sets)))
        place = {one: column for column, one in enumerate(self.sets)}
        free = [0.0] * self._count
        for start in range(0, len(means), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            for tiers, quality in self._walk(means[rows].T[:, :, None], free, is_pruned=False):
                found[rows, place[frozenset(tiers)]] = quality
        return found

    def choose_many(self, qualities: Array, prices: Sequence[float]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Choose as ``choose`` does, for N queries: places among the ``sets`` [N], and the next tier [N], −1 to stop."""
        self._check(prices, prices)
        paid = [sum(prices[tier] for tier in one - self.asked) for one in self.sets]
        ranked = sorted(
            range(len(paid)), key=lambda column: (paid[column], len(self.sets[column]), sorted(self.sets[column]))
        )
        values = (qualities - np.array(paid))[:, ranked]
        first = equal_to_best(values).argmax(axis=1)
        chosen = np.array(ranked)[first]
        following = [self._next(one, prices) for one in self.sets]
        return chosen, np.array([-1 if one is None else one for one in following])[chosen]

    def _next(self, chosen: frozenset[int], prices: Sequence[float]) -> int | None:
        if self._order is not None:
            return next((tier for tier in self._order if tier in chosen), None)
        return min(chosen - self.asked, key=lambda tier: (prices[tier], tier), default=None)

    def _walk(self, means: Any, prices: Sequence[float], is_pruned: bool) -> Iterator[tuple[list[int], Any]]:
        """Every set that is not pruned and its quality: a number, or [N] where each mean is [N, 1]."""
        moves = self._moves
        assert moves is not None
        values = [means[tier] + moves[tier] for tier in range(self._count)]
        points = moves.shape[1]
        asked = sorted(self.asked)
        best: Any = None
        start: Any = None
        for tier in asked:
            best = values[tier] if best is None else np.maximum(best, values[tier])
            start = means[tier] if start is None else np.maximum(start, means[tier])
        if asked:
            start = start[:, 0] if np.ndim(start) else float(start)
            yield asked, start
        if self._order is not None:
            for size, tier in enumerate(self._order, 1):
                best = values[tier] if best is None else np.maximum(best, values[tier])
                yield sorted(asked + self._order[:size]), np.add.reduce(best, axis=-1) / points
            return
        rest = [tier for tier in range(self._count) if tier not in self.asked]
        stack: list[tuple[list[int], Any, Any, list[int]]] = [(asked, best, start, rest)]
        while stack:
            tiers, best, quality, candidates = stack.pop()
            kept = []
            for tier in candidates:
                joint = values[tier] if best is None else np.maximum(best, values[tier])
                own = np.add.reduce(joint, axis=-1) / points
                if not is_pruned or best is None or own - quality >= prices[tier]:
                    kept.append((tier, joint, own))
            for place, (tier, joint, own) in enumerate(kept):
                larger = sorted([*tiers, tier])
                yield larger, own
                if place + 1 < len(kept):
                    stack.append((larger, joint, own, [one for one, _, _ in kept[place + 1 :]]))

    def _walk_two(self, means: Sequence[float]) -> Iterator[tuple[list[int], float]]:
        for one in self.sets:
            own = [float(means[tier]) for tier in sorted(one)]
            is_new = len(own) == 2 and len(self.asked) < 2
            yield sorted(one), expected_max_of_two(*own, deviation=self._theta) if is_new else max(own)

    def _two(self) -> tuple[float, float, float]:
        own = self._covariance
        return float(own[0, 0]), float(own[1, 1]), float(own[0, 1])

    def _check(self, means: Sequence[float], prices: Sequence[float]) -> None:
        if not len(means) == len(prices) == self._count:
            raise InputError(
                f"There are {len(means)} estimates and {len(prices)} prices.", allowed=f"{self._count} each"
            )
        if not math.isfinite(sum(means)):
            raise InputError("An estimate of quality is not finite.", allowed="numbers, near 0 to 1")
        if not all(price >= 0 for price in prices):
            raise InputError(f"The prices are {[float(one) for one in prices]}.", allowed="0 or more")
