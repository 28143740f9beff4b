"""Methods that choose between the device and one cloud tier by a score: the device keeps what scores above a threshold."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError
from upcall.routing.bases.method import Decisions, Explanation
from upcall.routing.estimates.grid import quantile_grid
from upcall.routing.tables.outcome_table import OutcomeTable
from upcall.routing.tables.recent import Remembered


class PairMethod:
    """Gives each query a score; above the threshold the device (tier 0) answers, else one cloud tier does.

    The cloud tier is the one of highest mean quality on the training queries, the cheaper one when equal. Thresholds are
    quantiles of the training queries' scores, so that the grid does not depend on the calibration queries.
    """

    name: ClassVar[str]
    asks_device_first: ClassVar[bool] = False
    """Whether the score needs the device's answer, which is then paid for in any case."""
    is_probability: ClassVar[bool] = False
    """Whether the score is a probability of what ``is_kept_right`` says."""

    def __init__(self) -> None:
        self._cloud = 1
        self._settings = np.zeros(0)
        self._remembered = Remembered(self.scores)

    def scores(self, table: OutcomeTable) -> NDArray[np.float64]:
        """[N] scores, higher where the device may answer."""
        raise NotImplementedError

    def is_kept_right(self, table: OutcomeTable) -> NDArray[np.float64]:
        """[N] in [0, 1], whether it was right to keep the query: the device did as well as the cloud."""
        return (table.quality[:, 0] >= table.quality[:, self._cloud]).astype(np.float64)

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> None:
        """Learn what ``scores`` needs; nothing by default."""

    def fit(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> None:
        """Choose the cloud tier, learn the score, lay the grid of thresholds; see ``Method``."""
        self._cloud = best_cloud(train)
        self.learn(train, calibration, seed=seed)
        self._remembered = Remembered(self.scores)
        self._settings = np.concatenate([[-np.inf], quantile_grid(self.scores(train), method="lower")])

    def settings(self) -> NDArray[np.float64]:
        """[S] thresholds, rising: −inf calls never, the highest (almost) always."""
        return self._settings

    def decide(self, table: OutcomeTable, setting: float) -> Decisions:
        """Keep what scores above the threshold."""
        calls = self._remembered(table) <= setting
        asked = np.zeros((len(table), len(table.tiers)), dtype=bool)
        asked[:, 0] = ~calls | self.asks_device_first
        asked[:, self._cloud] = calls
        return Decisions(asked, np.where(calls, self._cloud, 0))

    def explain(self, table: OutcomeTable, query: int, setting: float) -> Explanation:
        """The score, and the threshold that it is compared with."""
        score = float(self.scores(table.select(np.array([query])))[0])
        calls = score <= setting
        device, cloud = table.tiers[0], table.tiers[self._cloud]
        said = f"{score:.4g} {'≤' if calls else '>'} {setting:.4g}: {cloud if calls else device} answers"
        asked = (*((device,) if self.asks_device_first or not calls else ()), *((cloud,) if calls else ()))
        return Explanation((f"score of {self.name} {said}",), asked, asked[-1])


def best_cloud(train: OutcomeTable) -> int:
    """The tier beyond the device of highest mean quality, the cheaper one when equal.

    Raises:
        InputError: there is only the device.
    """
    if len(train.tiers) < 2:
        raise InputError(f"The table holds one tier, {train.tiers[0]}.", allowed="the device and one or more beyond it")
    means, costs = train.quality.mean(axis=0), train.cost.mean(axis=0)
    return min(range(1, len(train.tiers)), key=lambda tier: (-means[tier], costs[tier]))
