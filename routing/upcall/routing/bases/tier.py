"""Methods that ask one tier a query, chosen before any answer."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from upcall.routing.bases.method import Decisions, Explanation
from upcall.routing.tables.outcome_table import OutcomeTable


class TierMethod:
    """Asks one tier a query; each setting says which."""

    name: ClassVar[str]

    def __init__(self) -> None:
        self._settings = np.zeros(0)
        self._learnt: dict[str, NDArray[Any]] = {}

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> NDArray[np.float64]:
        """Put what is learnt into ``self._learnt`` and give the settings [S]."""
        raise NotImplementedError

    def tiers(self, table: OutcomeTable, setting: float) -> NDArray[np.int64]:
        """[N] tier of each query."""
        raise NotImplementedError

    def fit(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> None:
        """Learn from outcomes; see ``Method``."""
        self._settings = self.learn(train, calibration, seed=seed)

    def settings(self) -> NDArray[np.float64]:
        """[S] settings, from cheap to dear."""
        return self._settings

    def decide(self, table: OutcomeTable, setting: float) -> Decisions:
        """Ask the tier of each query, and no other."""
        return Decisions.alone(self.tiers(table, setting), tiers=len(table.tiers))

    def explain(self, table: OutcomeTable, query: int, setting: float) -> Explanation:
        """The tier that answers; the reason is the method itself."""
        tier = table.tiers[int(self.tiers(table.select(np.array([query])), setting)[0])]
        return Explanation((f"{self.name} at {setting:.4g}: {tier} answers",), (tier,), tier)
