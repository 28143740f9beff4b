"""Numbers of a table, computed once although every setting of a method asks for them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from upcall.routing.outcome_table import OutcomeTable

Array = NDArray[np.float64]
_TABLES = 2  # calibration and test are asked in turn


class Remembered:
    """A function of a table that remembers what it gave for the last two. The same object is the same table: none changes."""

    def __init__(self, compute: Callable[[OutcomeTable], Array]) -> None:
        self._compute = compute
        self._last: list[tuple[OutcomeTable, Array]] = []

    def __call__(self, table: OutcomeTable) -> Array:
        """What the function gives."""
        for known, values in self._last:
            if known is table:
                return values
        values = self._compute(table)
        self._last = [*self._last[1 - _TABLES :], (table, values)]
        return values
