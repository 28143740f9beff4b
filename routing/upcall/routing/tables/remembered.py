"""Numbers of a table, computed once although every setting of a method asks for them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from upcall.routing.tables.outcome_table import OutcomeTable
from upcall.routing.tables.recent import RecentTables

Array = NDArray[np.float64]


class Remembered:
    """A function of a table that remembers what it gave for the last few. The same object is the same table: none changes."""

    def __init__(self, compute: Callable[[OutcomeTable], Array]) -> None:
        self._compute = compute
        self._recent = RecentTables()

    def __call__(self, table: OutcomeTable) -> Array:
        """What the function gives."""
        known = self._recent.of(table)
        if "values" not in known:
            known["values"] = self._compute(table)
        return np.asarray(known["values"])
