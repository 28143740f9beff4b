"""A logistic head with soft labels, its strength of regularisation chosen by cross-validation."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import require

Array = NDArray[np.float64]
STRENGTHS = (0.001, 0.01, 0.1, 1.0)
_FOLDS = 4


class Logistic:
    """P(y = 1) = σ(w·x + b). Labels that are all alike give that constant."""

    def __init__(self) -> None:
        self._weights = np.zeros(0)
        self._bias = 0.0

    def fit(self, inputs: Array, labels: Array, *, seed: int, weights: Array | None = None) -> Self:
        """Minimise the binary cross-entropy of inputs [N, F] and labels [N] in [0, 1], of queries of weights [N] ≥ 0."""
        given = np.ones(len(labels)) if weights is None else weights
        strength = STRENGTHS[0]
        if len(labels) >= 2 * _FOLDS:
            folds = np.random.default_rng(seed).permutation(len(labels)) % _FOLDS
            losses = [
                sum(self._loss(inputs, labels, given, folds == fold, one) for fold in range(_FOLDS))
                for one in STRENGTHS
            ]
            strength = STRENGTHS[int(np.argmin(losses))]
        self._weights, self._bias = fitted(inputs, labels, given, strength)
        return self

    def _loss(self, inputs: Array, labels: Array, weights: Array, held: NDArray[np.bool_], strength: float) -> float:
        self._weights, self._bias = fitted(inputs[~held], labels[~held], weights[~held], strength)
        logits = self._logits(inputs[held])
        return float(weights[held] @ (np.logaddexp(0, logits) - labels[held] * logits))

    def _logits(self, inputs: Array) -> Array:
        if not self._weights.size:
            return np.full(len(inputs), self._bias)
        return np.asarray(inputs @ self._weights + self._bias)

    def probabilities(self, inputs: Array) -> Array:
        """[N] in [0, 1] of inputs [N, F]."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self._logits(inputs), -500, 500))))


def fitted(inputs: Array, labels: Array, weights: Array, strength: float) -> tuple[Array, float]:
    """Weights [F] and bias. A soft label is a right answer of that weight and a wrong one of the rest."""
    total = float(weights.sum())
    share = float(weights @ labels) / total if total > 0 else 0.5
    if not 1e-9 < share < 1 - 1e-9:
        kept = min(max(share, 1 / (2 * len(labels) + 2)), 1 - 1 / (2 * len(labels) + 2))
        return np.zeros(0), float(np.log(kept / (1 - kept)))
    linear_model = require("sklearn.linear_model", extra="routing")
    twice = np.concatenate([labels * weights, (1 - labels) * weights])
    targets = np.concatenate([np.ones(len(labels)), np.zeros(len(labels))])
    known = twice > 0
    model = linear_model.LogisticRegression(C=strength, max_iter=2000)
    model.fit(np.vstack([inputs, inputs])[known], targets[known], sample_weight=twice[known])
    return np.asarray(model.coef_[0]), float(model.intercept_[0])
