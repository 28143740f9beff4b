"""Makes a logit an honest probability: a slope and an offset, fitted on queries that the logit was not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import require

Array = NDArray[np.float64]
_SLOPES = (0.05, 20.0)
_OFFSETS = (-20.0, 20.0)
_PRIOR = 1e-2  # as if so many queries said that nothing need be changed


@dataclass(frozen=True, slots=True)
class Scaling:
    """z → slope · z + offset. The slope is above 0, so that no order changes: a threshold keeps what it kept.

    Args:
        slope: one over the temperature.
        offset: in nats.
    """

    slope: float = 1.0
    offset: float = 0.0

    def apply(self, logits: Array) -> Array:
        """Calibrated logits, of logits of any shape."""
        return np.asarray(self.slope * logits + self.offset)


def fit_scaling(logits: Array, labels: Array) -> Scaling:
    """The scaling of least cross-entropy; labels that are all alike change nothing.

    Args:
        logits: [N] of the calibration queries.
        labels: [N] in [0, 1].

    Source: Platt 1999; Guo et al. 2017 (temperature). Departure: the slope is bounded away from 0, and a weak prior holds
    both where the queries are too few to say.
    """
    if not len(labels) or not 0 < labels.mean() < 1:
        return Scaling()
    optimize = require("scipy.optimize", extra="routing")

    def loss(given: Array) -> tuple[float, Array]:
        slope, offset = given
        scaled = slope * logits + offset
        wrong = probability(scaled) - labels
        value = float(np.sum(np.logaddexp(0, scaled) - labels * scaled))
        value += _PRIOR * ((slope - 1) ** 2 + offset**2) / 2
        slopes = np.array([wrong @ logits + _PRIOR * (slope - 1), wrong.sum() + _PRIOR * offset])
        return value, slopes

    found = optimize.minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[_SLOPES, _OFFSETS])
    return Scaling(float(found.x[0]), float(found.x[1]))


def probability(logits: Array) -> Array:
    """1 / (1 + e^−z), of any z without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0, -logits)))
