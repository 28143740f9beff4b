"""What was worked out of the tables seen last, since every setting of a method asks for it."""

from __future__ import annotations

from typing import Any

from upcall.routing.tables.outcome_table import OutcomeTable

_RECENT = 4  # training, calibration, test and one more


class RecentTables:
    """What was worked out of the tables seen last. A table is known by identity, as it is never changed."""

    def __init__(self) -> None:
        self._seen: list[tuple[OutcomeTable, dict[Any, Any]]] = []

    def of(self, table: OutcomeTable) -> dict[Any, Any]:
        """What is known of a table; add to it."""
        for own, known in self._seen:
            if own is table:
                return known
        known = {}
        self._seen = [*self._seen[1 - _RECENT :], (table, known)]
        return known

    def forget(self) -> None:
        """Know nothing."""
        self._seen = []
