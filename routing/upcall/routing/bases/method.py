"""What every router and every baseline is: fitted on recorded outcomes, then asked what it would have done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from upcall.routing.tables.outcome_table import OutcomeTable


@dataclass(frozen=True, slots=True)
class Decisions:
    """The tiers asked and the answer chosen, of N queries and K tiers.

    Args:
        asked: [N, K] bool, the tiers that answered; all of them are paid for.
        chosen: [N] int, the tier whose answer the user got, one of those asked.

    Raises:
        ValueError: an answer was chosen of a tier that was not asked.
    """

    asked: NDArray[np.bool_]
    chosen: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not self.asked[np.arange(len(self.chosen)), self.chosen].all():
            raise ValueError("an answer was chosen of a tier that was not asked")

    @staticmethod
    def alone(chosen: NDArray[np.int64], *, tiers: int) -> Decisions:
        """One tier a query is asked and no other: chosen [N] of K tiers."""
        asked = np.zeros((len(chosen), tiers), dtype=bool)
        asked[np.arange(len(chosen)), chosen] = True
        return Decisions(asked, chosen)

    def quality(self, table: OutcomeTable) -> NDArray[np.float64]:
        """[N] quality in [0, 1] of the answers that the users got."""
        return np.asarray(table.quality[np.arange(len(self.chosen)), self.chosen])

    def cost(self, table: OutcomeTable) -> NDArray[np.float64]:
        """[N] cost ≥ 0 of all tiers asked together."""
        return np.asarray(np.where(self.asked, table.cost, 0.0).sum(axis=1))

    def calls(self) -> NDArray[np.bool_]:
        """[N] whether the query left the device (tier 0)."""
        return np.asarray(self.asked[:, 1:].any(axis=1))


@dataclass(frozen=True, slots=True)
class Explanation:
    """The steps by which one query went where it did.

    Args:
        steps: what was looked at and what followed, a sentence of numbers each; no words of the prompt.
        asked: tiers in the order in which they were asked.
        chosen: the tier whose answer the user got.
    """

    steps: tuple[str, ...]
    asked: tuple[str, ...]
    chosen: str


class Method(Protocol):
    """A way to choose tiers, with one knob from cheap to good."""

    @property
    def name(self) -> str:
        """The name in reports and on the command line: lower-case letters, digits and underscores."""

    def fit(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> None:
        """Learn from outcomes.

        Args:
            train: for what is estimated.
            calibration: for what is calibrated or tuned; shares no query with ``train``.
            seed: same seed, same method.

        Raises:
            InputError: the table lacks what the method needs; the message says which column.
        """

    def settings(self) -> NDArray[np.float64]:
        """[S]: values of the knob worth trying, from the fewest calls to the most; found at ``fit``."""

    def decide(self, table: OutcomeTable, setting: float) -> Decisions:
        """Decide on each query of a table, under one value of the knob.

        Reads prompts, features of tiers already asked and their answers; changing anything else changes no decision.
        """

    def explain(self, table: OutcomeTable, query: int, setting: float) -> Explanation:
        """Explain the decision on one query, given by its row in the table."""
