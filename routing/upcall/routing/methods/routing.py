"""Optimal routing before any answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.mixture import best_tiers, fit_mixture
from upcall.routing.methods.estimated import Array, Asked, EstimatedMethod
from upcall.routing.methods.method import Decisions
from upcall.routing.methods.static import drawn
from upcall.routing.outcome_table import OutcomeTable


class Routing(EstimatedMethod):
    """The tier of greatest expected quality less its price, asked alone; the cheapest when equal.

    Source: Dekoninck et al. 2024 (2410.10347), optimal routing.
    """

    name = "routing"
    _held: Array = np.zeros((0, 0))

    def following(
        self, table: OutcomeTable, rows: NDArray[np.int64], asked: Asked, setting: float
    ) -> NDArray[np.int64]:
        """The best tier, then none."""
        if asked:
            return np.full(len(rows), -1)
        return best_tiers(self.means(table, asked)[rows], self.costs, setting)[0]

    def tune(self, calibration: OutcomeTable) -> Array:
        """Keep the estimates of the calibration queries, for budgets."""
        self._held = self.means(calibration, frozenset())
        return super().tune(calibration)

    def decide_budget(self, table: OutcomeTable, budget: float, *, seed: int) -> Decisions:
        """What would be done so that, on queries like those of calibration, exactly a budget is spent.

        Args:
            table: the queries.
            budget: mean cost a query, by the tiers' mean costs.
            seed: of the draw among equal tiers, which is a function of it and of a query's id.

        Raises:
            InputError: the budget is below the cheapest tier.
        """
        mixture = fit_mixture(self._held, self.costs, budget=budget)
        cheap, dear = best_tiers(self.means(table, frozenset()), self.costs, mixture.price)
        chosen = np.where(drawn(table, seed=seed) < mixture.dear_share, dear, cheap)
        return Decisions.alone(chosen, tiers=len(table.tiers))

    def state(self) -> dict[str, Any]:
        """See ``Method``."""
        return {**super().state(), "held": self._held}

    def restore(self, state: dict[str, Any]) -> None:
        """See ``Method``."""
        super().restore(state)
        self._held = np.asarray(state["held"], dtype=np.float64)
