"""How good a head is on queries that it was neither trained nor calibrated on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from upcall.routing.evaluation.metrics import Interval, auroc_interval, brier, ece
from upcall.routing.heads.router_head import RouterHead
from upcall.routing.heads.scores import scores
from upcall.routing.tables.outcome_table import OutcomeTable, Split


@dataclass(frozen=True, slots=True)
class HeadReport:
    """How good a head is on queries that it was neither trained nor calibrated on.

    Args:
        queries: N.
        auroc: of right against wrong answers of the device.
        ece, brier: of the probability.
    """

    queries: int
    auroc: Interval
    ece: float
    brier: float


def report(head: RouterHead, table: OutcomeTable, *, seed: int = 0) -> HeadReport:
    """Measure a head on a table; give it the split ``test``.

    Args:
        head: trained.
        table: one query or more.
        seed: of the bootstrap.
    """
    chances, quality = np.exp(scores(head, table)), table.quality[:, 0]
    return HeadReport(
        len(table), auroc_interval(chances, quality >= 0.5, seed=seed), ece(chances, quality), brier(chances, quality)
    )


@dataclass(frozen=True, slots=True)
class HeldOutFigures:
    """How good a head is on a table's test queries.

    Args:
        whole: of all of them.
        tasks: of each task, by name.
        kept_share, kept_accuracy: at the threshold; nan without one, or where nothing is kept.
    """

    whole: HeadReport
    tasks: dict[str, HeadReport]
    kept_share: float
    kept_accuracy: float


def held_out_figures(head: RouterHead, table: OutcomeTable, *, seed: int = 0) -> HeldOutFigures | None:
    """Measure a head on the split ``test``; None where the table has no such queries."""
    test = table.split(Split.TEST)
    if not len(test):
        return None
    tasks = {name: report(head, test.select(test.tasks == name), seed=seed) for name in np.unique(test.tasks).tolist()}
    kept_share = kept_accuracy = float("nan")
    if head.threshold is not None:
        kept = scores(head, test) >= head.threshold.value
        kept_share = float(kept.mean())
        kept_accuracy = float(test.quality[kept, 0].mean()) if kept.any() else float("nan")
    return HeldOutFigures(report(head, test, seed=seed), tasks, kept_share, kept_accuracy)
