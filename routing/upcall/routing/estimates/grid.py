"""The values of a knob that are tried: quantiles, so that each step changes what is done with about as many queries."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
COUNT = 41


def quantile_grid(values: Array, *, method: Literal["linear", "lower", "higher"] = "linear") -> Array:
    """[≤ 41] different quantiles of values [N], rising from the least to the greatest.

    Args:
        values: one or more.
        method: what to take between two values; see ``numpy.quantile``.
    """
    return np.unique(np.quantile(values, np.linspace(0, 1, COUNT), method=method))
