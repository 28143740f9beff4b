"""Logistic regression with soft labels, its strength of regularisation chosen by cross-validation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import require
from upcall.routing.estimates.calibration import probability

Array = NDArray[np.float64]
STRENGTHS = (0.001, 0.01, 0.1, 1.0)
"""Inverse penalties that are tried, the strongest penalty first."""
_FOLDS = 4
_ALL_ALIKE = 1e-9


@dataclass(frozen=True, slots=True)
class Logistic:
    """P(y = 1) = σ(w·x + b).

    Args:
        weights: [F]; empty where only a constant could be learnt.
        bias: b, in nats.
    """

    weights: Array
    bias: float

    def logits(self, inputs: Array) -> Array:
        """[N] w·x + b of inputs [N, F]."""
        return np.asarray(inputs @ self.weights + self.bias) if self.weights.size else np.full(len(inputs), self.bias)

    def probabilities(self, inputs: Array) -> Array:
        """[N] in (0, 1) of inputs [N, F]."""
        return probability(self.logits(inputs))


def fit_logistic(inputs: Array, labels: Array, *, strength: float) -> Logistic:
    """Minimise the binary cross-entropy and an L2 penalty; labels that are all alike give that constant.

    A soft label is a right answer of that weight and a wrong one of the rest.

    Args:
        inputs: [N, F]; without columns, only the constant is learnt.
        labels: [N] in [0, 1].
        strength: inverse of the penalty, > 0.
    """
    share = float(labels.sum()) / len(labels) if len(labels) else 0.5
    if not _ALL_ALIKE < share < 1 - _ALL_ALIKE:
        least = 1 / (2 * len(labels) + 2)  # no finite sample shows that a chance is 0 or 1
        kept = min(max(share, least), 1 - least)
        return Logistic(np.zeros(0), float(np.log(kept / (1 - kept))))
    if not inputs.shape[1]:
        inputs = np.zeros((len(inputs), 1))  # the solver wants a column
    linear_model = require("sklearn.linear_model", extra="routing")
    chances = np.concatenate([labels, 1 - labels])
    targets = np.concatenate([np.ones(len(labels)), np.zeros(len(labels))])
    known = chances > 0
    model = linear_model.LogisticRegression(C=strength, max_iter=2000)
    model.fit(np.vstack([inputs, inputs])[known], targets[known], sample_weight=chances[known])
    weights = np.asarray(model.coef_[0])
    return Logistic(weights if weights.any() else np.zeros(0), float(model.intercept_[0]))


def best_strength(inputs: Array, labels: Array, folds: NDArray[np.int64]) -> float:
    """The one of ``STRENGTHS`` with the least cross-entropy on queries held out.

    Args:
        inputs: [N, F].
        labels: [N] in [0, 1].
        folds: [N], which queries are held out together.
    """
    if not inputs.shape[1] or labels.min() == labels.max():
        return STRENGTHS[0]
    losses = np.zeros(len(STRENGTHS))
    for place, strength in enumerate(STRENGTHS):
        for fold in np.unique(folds):
            held = folds == fold
            logits = fit_logistic(inputs[~held], labels[~held], strength=strength).logits(inputs[held])
            losses[place] += float(np.sum(np.logaddexp(0, logits) - labels[held] * logits))
    return STRENGTHS[int(np.argmin(losses))]


def fit_best_logistic(inputs: Array, labels: Array, *, seed: int) -> Logistic:
    """Choose the strength by cross-validation, then fit all queries; with fewer than eight the strongest penalty is taken.

    Args:
        inputs: [N, F].
        labels: [N] in [0, 1].
        seed: of the folds.
    """
    strength = STRENGTHS[0]
    if len(labels) >= 2 * _FOLDS:
        folds = np.random.default_rng(seed).permutation(len(labels)) % _FOLDS
        strength = best_strength(inputs, labels, folds)
    return fit_logistic(inputs, labels, strength=strength)
