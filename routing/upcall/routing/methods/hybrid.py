"""Hybrid LLM: a head that tells before any answer whether the device will do as well as the cloud.

Source: Ding et al. 2024 (2404.14618), their three routers. Departure: their encoder is DeBERTa on the prompt; ours is a
logistic head on the prompt's words and, where a table has them, on the hidden states of the device's own model.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.ties import equal_to_best
from upcall.edge_runtime.errors import InputError
from upcall.routing.bases.pair import PairMethod
from upcall.routing.estimates.logistic import Logistic, fit_best_logistic
from upcall.routing.signals.query import QuerySignals
from upcall.routing.tables.outcome_table import OutcomeTable

Array = NDArray[np.float64]
Samples = Mapping[str, tuple[Array, Array]]
"""Query → quality [R] of several answers of the device, and [R'] of the cloud."""
_MOST_CANDIDATES = 501


class Labels(StrEnum):
    """The labels that the head is taught."""

    DETERMINISTIC = "det"
    PROBABILISTIC = "prob"
    TRANSFORMED = "trans"


def gaps(small: Array, large: Array) -> Array:
    """[N, R·R'] H = q(small) − q(large) of every pair of answers, of quality [N, R] and [N, R']."""
    return (small[:, :, None] - large[:, None, :]).reshape(len(small), -1)


def soft_labels(gap: Array, *, relaxation: float = 0.0) -> Array:
    """[N] in [0, 1]: share of pairs with H ≥ −t, ties counting for the small model; of gaps [N, P] and t ≥ −1."""
    return np.asarray((gap >= -relaxation - 1e-12).mean(axis=1))


def mean_absolute_difference(labels: Array) -> float:
    """Mean |y_i − y_j| over all pairs of N labels, i = j included: (2/N²) Σ (2i − N − 1) y_(i), O(N log N)."""
    n = len(labels)
    ranks = 2 * np.arange(1, n + 1) - n - 1
    return float(2 / n**2 * (ranks @ np.sort(labels)))


def best_relaxation(gap: Array) -> float:
    """t* = argmax_t of the mean absolute difference of ``soft_labels(gap, t)``.

    The largest of equal ones is taken, since ties count for the small model.

    With one answer each, P = 1, the objective is 2p(1 − p), so t* = −median(H).

    Args:
        gap: [N, P]. The objective changes only at values of −H; of more than 501 different ones, 501 quantiles are tried.
    """
    candidates = np.unique(-gap)
    if len(candidates) > _MOST_CANDIDATES:
        candidates = np.quantile(candidates, np.linspace(0, 1, _MOST_CANDIDATES), method="nearest")
    spreads = np.array([mean_absolute_difference(soft_labels(gap, relaxation=float(one))) for one in candidates])
    return float(candidates[np.flatnonzero(equal_to_best(spreads))[-1]])


class Hybrid(PairMethod):
    """r_det, r_prob or r_trans, by the labels.

    Args:
        labels: r_det takes the sign of one answer each, r_prob the share of pairs, r_trans the share after relaxing by t*.
        samples: qualities of several answers to a query; queries that are not in it have the table's one answer. Without
            any, r_prob is r_det, and with qualities of 0 and 1 r_trans differs from them only where the gap's median is not 0.
    """

    is_probability = True

    def __init__(self, labels: Labels | str, *, samples: Samples | None = None) -> None:
        super().__init__()
        labels = Labels(labels)
        self.name = f"hybrid_{labels}"  # type: ignore[misc]  # one class, three methods
        self._labels = labels
        self._samples = samples or {}
        self._signals = QuerySignals()
        self._head = Logistic(np.zeros(0), 0.0)
        self.relaxation = 0.0

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> None:
        """Fit the head by binary cross-entropy with soft labels."""
        self._signals = QuerySignals(seed=seed).fit(train)
        self._head = fit_best_logistic(self._signals.transform(train), self._targets(train), seed=seed)

    def _targets(self, train: OutcomeTable) -> Array:
        own = [self._gap(train, row) for row in range(len(train))]
        if self._labels is Labels.DETERMINISTIC:
            return soft_labels(np.array([[one[0]] for one in own]))
        if self._labels is Labels.TRANSFORMED:
            width = {len(one) for one in own}
            if len(width) > 1:
                raise InputError(
                    f"Queries have {min(width)} to {max(width)} pairs of answers.", allowed="as many for every query"
                )
            self.relaxation = best_relaxation(np.array(own))
        return np.array([soft_labels(one[None], relaxation=self.relaxation)[0] for one in own])

    def _gap(self, train: OutcomeTable, row: int) -> Array:
        quality = train.quality[row]
        small, large = self._samples.get(train.query_ids[row], (quality[[0]], quality[[self._cloud]]))
        return gaps(np.asarray(small)[None], np.asarray(large)[None]).ravel()

    def is_kept_right(self, table: OutcomeTable) -> Array:
        """[N] 1 where the device did as well as the cloud, less t*."""
        return soft_labels(table.quality[:, [0]] - table.quality[:, [self._cloud]], relaxation=self.relaxation)

    def scores(self, table: OutcomeTable) -> Array:
        """[N] probability that the device does as well."""
        return self._head.probabilities(self._signals.transform(table))
