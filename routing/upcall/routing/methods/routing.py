"""Optimal routing before any answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.mixture import best_tiers
from upcall.routing.bases.estimated import Asked, EstimatedMethod
from upcall.routing.tables.outcome_table import OutcomeTable


class Routing(EstimatedMethod):
    """The tier of greatest expected quality less its price, asked alone; the cheapest when equal.

    Source: Dekoninck et al. 2024 (2410.10347), optimal routing.
    """

    name = "routing"

    def following(
        self, table: OutcomeTable, rows: NDArray[np.int64], asked: Asked, setting: float
    ) -> NDArray[np.int64]:
        """[M] the best tier where none was asked; then −1."""
        if asked:
            return np.full(len(rows), -1)
        return best_tiers(self.means(table, asked)[rows], self.costs, setting)[0]
