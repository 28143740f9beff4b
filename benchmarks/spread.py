"""Median and range of repeated measurements."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """What repetitions gave, in the unit of the measurement."""

    median: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        if self.count == 1:
            return "one run"
        return f"{self.low:,.4g} to {self.high:,.4g} in {self.count} runs"


def spread(values: Sequence[float]) -> Spread:
    """Summarise repetitions.

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("There are no measurements to summarise.")
    return Spread(statistics.median(values), min(values), max(values), len(values))
