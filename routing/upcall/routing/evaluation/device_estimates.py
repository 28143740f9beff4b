"""How well it can be told whether the device's answer is right, before it answers and after: the signal behind every method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from upcall.routing.estimates.quality_model import QualityEstimates
from upcall.routing.evaluation import metrics
from upcall.routing.evaluation.metrics import Interval, Reliability
from upcall.routing.tables.outcome_table import OutcomeTable

Array = NDArray[np.float64]
_LEAST_OF_A_TASK = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalFigures:
    """How well a score tells what may stay on the device.

    Args:
        auroc: of "the device's answer is right" (quality ≥ .5).
        ece, brier: of the score as a probability; nan where it is none. See ``metrics.bootstrap``.
        bins: of the probability; None where it is none.
    """

    auroc: Interval
    ece: Interval
    brier: Interval
    bins: Reliability | None


def signal_figures(
    scores: Array, table: OutcomeTable, *, truth: Array | None, resamples: int, seed: int
) -> SignalFigures:
    """Measure how well scores [N] tell which of N queries the device answers right.

    Args:
        scores: [N], higher where the device may answer.
        table: the queries.
        truth: [N] in [0, 1], of which the score is a probability; None where it is none.
        resamples, seed: of the bootstrap.
    """
    ranked = metrics.auroc_interval(scores, table.quality[:, 0] >= 0.5, count=resamples, seed=seed)
    if truth is None:
        unknown = Interval(float("nan"), float("nan"), float("nan"))
        return SignalFigures(auroc=ranked, ece=unknown, brier=unknown, bins=None)

    def resampled(measure: Callable[[Array, Array], float], truth: Array) -> Interval:
        return metrics.bootstrap(
            lambda rows: measure(scores[rows], truth[rows]), len(table), count=resamples, seed=seed
        )

    return SignalFigures(
        auroc=ranked,
        ece=resampled(metrics.ece, truth),
        brier=resampled(metrics.brier, truth),
        bins=metrics.reliability(scores, truth),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEstimates:
    """How well the quality model tells whether the device is right, on the test queries.

    Args:
        before: from the prompt.
        after: from the prompt and the device's own answer.
        by_task: AUROC before and after, of tasks with 20 queries or more, right ones and wrong ones.
    """

    before: SignalFigures
    after: SignalFigures
    by_task: dict[str, tuple[Interval, Interval]] = field(default_factory=dict)


def device_estimates(model: QualityEstimates, test: OutcomeTable, *, resamples: int, seed: int) -> DeviceEstimates:
    """Measure the estimates of the device's quality.

    Args:
        model: fitted on other queries.
        test: on which it is measured.
        resamples, seed: of the bootstrap.
    """
    found = [model.mean(test, asked)[:, 0] for asked in (frozenset[int](), frozenset({0}))]
    before, after = (
        signal_figures(own, test, truth=test.quality[:, 0], resamples=resamples, seed=seed) for own in found
    )
    by_task = {}
    for task in np.unique(test.tasks):
        rows = np.flatnonzero(test.tasks == task)
        is_right = test.quality[rows, 0] >= 0.5
        if len(rows) >= _LEAST_OF_A_TASK and 0 < is_right.sum() < len(rows):
            first, second = (metrics.auroc_interval(own[rows], is_right, count=resamples, seed=seed) for own in found)
            by_task[str(task)] = (first, second)
    return DeviceEstimates(before=before, after=after, by_task=by_task)
