"""Numbers worked out of the tables seen last, since every setting of a method asks for it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.routing.tables.outcome_table import OutcomeTable

Array = NDArray[np.float64]
_RECENT = 4  # training, calibration, test and one more


class RecentTables:
    """Remembers what was worked out of the tables seen last. A table is known by identity, as it is never changed."""

    def __init__(self) -> None:
        self._seen: list[tuple[OutcomeTable, dict[Any, Any]]] = []

    def of(self, table: OutcomeTable) -> dict[Any, Any]:
        """The numbers known of a table so far; add to them."""
        for own, known in self._seen:
            if own is table:
                return known
        known = {}
        self._seen = [*self._seen[1 - _RECENT :], (table, known)]
        return known

    def forget(self) -> None:
        """Drop all that is known."""
        self._seen = []


class Remembered:
    """A function of a table that remembers what it gave for the last few. The same object is the same table: none changes."""

    def __init__(self, compute: Callable[[OutcomeTable], Array]) -> None:
        self._compute = compute
        self._recent = RecentTables()

    def __call__(self, table: OutcomeTable) -> Array:
        """Give what the function gives, computed once for each table."""
        known = self._recent.of(table)
        if "values" not in known:
            known["values"] = self._compute(table)
        return np.asarray(known["values"])
