"""One rule of ties: which values count as equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TIE = 1e-9
"""Values, in quality, that differ by no more are equal.

It is far below any difference that matters, and far above what rounding leaves: of a price, which is a quotient, or of sums
that another language takes in another order.
"""


def equal_to_best(values: NDArray[Any]) -> NDArray[np.bool_]:
    """[..., A] which of A values are equal to the greatest of them, for values [..., A].

    All are compared with the greatest, and never one after another, so that their order decides nothing.
    """
    return np.asarray(values >= values.max(axis=-1, keepdims=True) - TIE)


def best_places(values: Sequence[float]) -> list[int]:
    """Places of the values of one query that are equal to the greatest: ``equal_to_best`` without the price of an array."""
    least = max(values) - TIE
    return [place for place, value in enumerate(values) if value >= least]
