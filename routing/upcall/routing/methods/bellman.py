"""Closed-loop cascade routing: the next tier by what deciding after its answer is worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.closed_loop import ClosedLoop
from upcall.routing.bases.estimated import Asked, EstimatedMethod
from upcall.routing.estimates.quality_model import FitEstimates, QualityModel
from upcall.routing.tables.outcome_table import OutcomeTable


class Bellman(EstimatedMethod):
    """Ask the tier of greatest value, stop when the best answer so far is worth as much; see ``ClosedLoop``."""

    name = "bellman"

    def __init__(self, fit_estimates: FitEstimates = QualityModel) -> None:
        super().__init__(fit_estimates)
        self._rules: dict[Asked, ClosedLoop] = {}

    def following(
        self, table: OutcomeTable, rows: NDArray[np.int64], asked: Asked, setting: float
    ) -> NDArray[np.int64]:
        """[M] the tier of greatest value, −1 to stop."""
        if asked not in self._rules:
            self._rules[asked] = ClosedLoop(self.model.covariance, tiers=len(self.costs), asked=asked)
        prices = (setting * self.costs).tolist()
        return self._rules[asked].choose_many(self.means(table, asked)[rows], prices)

    def _start(self) -> None:
        super()._start()
        self._rules = {}
