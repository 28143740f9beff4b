"""Many features to few: statistics are standardised, hidden states reduced. Linear, so a head's first layer can hold it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError, require

Array = NDArray[np.float64]
COMPONENTS = 128  # chosen with the scale below by cross-validation on training queries of six tasks
_MIN_BLOCK = 8  # features that are named alike but for a number at the end
_LEAST_DEVIATION = 1e-9


class Projection:
    """A linear map of features [N, F] to [N, C].

    Features named alike but for a number at their end, eight or more, are one block, such as ``post.hidden_mid_0`` …: each is
    standardised, and the block is reduced by PCA. A component of deviation s gets the deviation √(s / s₁), s₁ being the first
    one's: the penalty of a regularised head weighs more on directions in which little varies, but less than it would unscaled.
    Others are standardised. A feature that never varies counts for nothing.

    Args:
        components: most dimensions of a block, ≥ 1.
        seed: of the randomised SVD.
    """

    def __init__(self, *, components: int = COMPONENTS, seed: int = 0) -> None:
        self._components = components
        self._seed = seed
        self.matrix: Array = np.zeros((0, 0))
        self.offset: Array = np.zeros(0)

    def fit(self, features: NDArray[Any], names: Sequence[str]) -> Self:
        """Learn from features [N, F] of those names."""
        values = features.astype(np.float64)
        mean, deviation = values.mean(axis=0), values.std(axis=0)
        scale = np.where(deviation > _LEAST_DEVIATION, 1 / np.maximum(deviation, _LEAST_DEVIATION), 0.0)
        parts: list[Array] = []
        for places in _blocks(names):
            selected = np.zeros((len(names), len(places)))
            selected[places, range(len(places))] = scale[places]
            if len(places) >= _MIN_BLOCK and len(values) > 1:
                selected = selected @ self._directions((values[:, places] - mean[places]) * scale[places])
            parts.append(selected)
        self.matrix = np.hstack(parts) if parts else np.zeros((len(names), 0))
        self.offset = -mean @ self.matrix
        return self

    def _directions(self, standardised: Array) -> Array:
        count = min(self._components, *standardised.shape)
        extmath = require("sklearn.utils.extmath", extra="routing")
        _, sizes, directions = extmath.randomized_svd(standardised, count, random_state=self._seed)
        deviations = sizes / np.sqrt(len(standardised))
        return np.asarray(directions.T / np.maximum(np.sqrt(deviations[0] * deviations), _LEAST_DEVIATION))

    def transform(self, features: NDArray[Any]) -> Array:
        """[N, C] of features [N, F].

        Raises:
            InputError: they are not as many as it was fitted on.
        """
        if features.shape[1] != len(self.matrix):
            raise InputError(
                f"{features.shape[1]:,} features were given.", allowed=f"{len(self.matrix):,}, as in training"
            )
        return np.asarray(features.astype(np.float64) @ self.matrix + self.offset)


def _blocks(names: Sequence[str]) -> list[list[int]]:
    """Places of the names that are alike but for a number at the end."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        found.setdefault(re.sub(r"\d+$", "", name), []).append(place)
    return list(found.values())
