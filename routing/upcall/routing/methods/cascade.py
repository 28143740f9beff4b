"""Cascades: tiers in the order of their cost, until those asked are worth most, or an answer passes a threshold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.ties import TIE
from upcall.routing.bases.estimated import Array, Asked, EstimatedMethod, spread
from upcall.routing.estimates.quality_model import FitEstimates, QualityModel
from upcall.routing.methods.cascade_routing import CascadeRouting
from upcall.routing.tables.outcome_table import OutcomeTable

_QUANTILES = 15
_PASSES = 3


class Cascade(CascadeRouting):
    """Cascade routing over the first tiers by cost only; a cascade asks the cheapest tier in any case."""

    name = "cascade"

    def order(self) -> Sequence[int] | None:
        """Tiers by rising cost."""
        return by_cost(self.costs)


class ThresholdCascade(EstimatedMethod):
    """Ask the tiers by rising cost; stop at the first whose answer's estimated quality is its threshold or more.

    The user gets that answer, the last one. Thresholds of a setting λ are those of greatest quality − λ · cost on the
    calibration queries, found one tier after another among quantiles of the estimates.
    """

    name = "threshold_cascade"

    def __init__(self, fit_estimates: FitEstimates = QualityModel) -> None:
        super().__init__(fit_estimates)
        self._thresholds: dict[float, Array] = {}

    def following(
        self, table: OutcomeTable, rows: NDArray[np.int64], asked: Asked, setting: float
    ) -> NDArray[np.int64]:
        """[M] the next tier by cost where the last answer's estimate is below its threshold."""
        order = by_cost(self.costs)
        if not asked:
            return np.full(len(rows), order[0])
        if len(asked) == len(order):
            return np.full(len(rows), -1)
        place = len(asked) - 1
        threshold = self._thresholds[self._nearest(setting)][place]
        own = self.means(table, asked)[rows, order[place]]
        return np.where(own < threshold, order[place + 1], -1)

    def best_asked(self, table: OutcomeTable, rows: NDArray[np.int64], asked: Asked) -> NDArray[np.int64]:
        """[M] the tier asked last."""
        return np.full(len(rows), by_cost(self.costs)[len(asked) - 1])

    def tune(self, calibration: OutcomeTable) -> Array:
        """Choose settings, and the thresholds of each."""
        self._thresholds = {}
        order = by_cost(self.costs)
        quality, cost = calibration.quality[:, order], np.cumsum(calibration.cost[:, order], axis=1)
        scores = np.stack(
            [self.means(calibration, frozenset(order[: place + 1]))[:, tier] for place, tier in enumerate(order[:-1])]
            or [np.zeros(0)],
            axis=-1,
        )
        if len(order) == 1:
            self._thresholds[0.0] = np.zeros(0)
            return np.zeros(1)

        def spend(setting: float) -> float:
            self._thresholds[setting] = tuned(scores, quality - setting * cost)
            stops = _stops(scores, self._thresholds[setting])
            return float(cost[np.arange(len(cost)), stops].mean())

        settings = spread(spend, self.costs)
        self._thresholds = {setting: self._thresholds[setting] for setting in settings.tolist()}
        return settings

    def _nearest(self, setting: float) -> float:
        return min(self._thresholds, key=lambda one: abs(np.log((one + 1e-12) / (setting + 1e-12))))


def by_cost(costs: Array) -> list[int]:
    """Tiers by rising cost, the first when equal."""
    return [int(tier) for tier in np.argsort(costs, kind="stable")]


def tuned(scores: Array, worths: Array) -> Array:
    """[K − 1] thresholds of greatest mean worth, one coordinate after another, from several starts.

    Args:
        scores: [N, K − 1] of each tier's answer but the last's.
        worths: [N, K] of stopping at each tier.
    """
    bounds = np.quantile(scores, np.linspace(0, 1, _QUANTILES), axis=0)
    candidates = np.concatenate([np.full((1, scores.shape[1]), -1.0), bounds, np.full((1, scores.shape[1]), 2.0)])
    rows = np.arange(len(worths))

    def worth(thresholds: Array) -> float:
        return float(worths[rows, _stops(scores, thresholds)].mean())

    found: list[tuple[float, Array]] = []
    for start in (0, len(candidates) // 2, len(candidates) - 1):
        best = candidates[start].copy()
        most = worth(best)
        for _ in range(_PASSES):
            before = most
            for place in range(scores.shape[1]):
                for one in candidates[:, place]:
                    tried = best.copy()
                    tried[place] = one
                    if (own := worth(tried)) > most + TIE:
                        best, most = tried, own
            if most == before:
                break
        found.append((most, best))
    return max(found, key=lambda own: own[0])[1]


def _stops(scores: Array, thresholds: Array) -> NDArray[np.int64]:
    """[N] place of the first tier whose score is its threshold or more; the last tier when there is none."""
    passed = np.concatenate([scores >= thresholds, np.ones((len(scores), 1), dtype=bool)], axis=1)
    return np.asarray(passed.argmax(axis=1))
