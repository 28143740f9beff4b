"""What makes a trained head ready for a bundle: a threshold that was promised something, and figures of other queries."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError
from upcall.protocol.v1 import bundle_pb2
from upcall.routing.bases.pair import best_cloud
from upcall.routing.evaluation.guarantee import Bound, learn_then_test
from upcall.routing.heads.router_head import SIGNALS, RouterHead
from upcall.routing.heads.thresholds import between, described, least_threshold
from upcall.routing.heads.training import HeadReport, check_same_bundle, report, scores
from upcall.routing.tables.outcome_table import OutcomeTable, Split

Array = NDArray[np.float64]
_GRID = 41


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAccuracy:
    """The answers that the device keeps are right so often, on the calibration queries themselves.

    Args:
        target: in (0, 1].

    Raises:
        InputError: it is out of range.
    """

    target: float = 0.9

    def __post_init__(self) -> None:
        if not 0 < self.target <= 1:
            raise InputError(f"The target accuracy is {self.target}.", allowed="above 0, at most 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallLoss:
    """The mean quality is at most ``most`` below that of always calling, with probability 1 − ``delta``.

    Args:
        most: in (0, 1).
        delta: in (0, 1).
        bound: see :mod:`upcall.routing.evaluation.guarantee`, which also checks the ranges.
    """

    most: float = 0.05
    delta: float = 0.1
    bound: Bound = Bound.BETTING


def with_threshold(
    head: RouterHead,
    table: OutcomeTable,
    rule: KeptAccuracy | SmallLoss,
    *,
    set_name: str = "",
    set_sha256: str = "",
    seed: int = 0,
) -> RouterHead:
    """The head with a threshold chosen on the table's split ``calibration``; its weights stay.

    Args:
        head: asked before the answer or after it.
        table: of the head's bundle; for ``SmallLoss`` also with a tier beyond the device and a split ``train``, whose scores
            lay the grid of thresholds.
        rule: what the threshold must do.
        set_name, set_sha256: of the table, for the bundle's manifest.
        seed: of the bound.

    Raises:
        InputError: the table is of another bundle or lacks queries.
    """
    check_same_bundle(head, table)
    calibration = table.split(Split.CALIBRATION) if (table.splits == Split.CALIBRATION).any() else None
    if calibration is None:
        raise InputError("The table has no queries of the split calibration.", allowed="one or more")
    own, quality = scores(head, calibration), calibration.quality[:, 0]
    if isinstance(rule, KeptAccuracy):
        value = between(own, least_threshold(own, quality, target_kept_accuracy=rule.target))
    else:
        value = _promised(head, table, calibration, own, rule, seed=seed)
    told = described(own, quality, value)
    told.set_name, told.set_sha256 = set_name, set_sha256
    if isinstance(rule, KeptAccuracy):
        told.target_kept_accuracy = rule.target
    return replace(
        head,
        threshold=bundle_pb2.Threshold(signal=SIGNALS[head.stage], value=value, calibration=told),
        revision="",
    )


def _promised(
    head: RouterHead, table: OutcomeTable, calibration: OutcomeTable, own: Array, rule: SmallLoss, *, seed: int
) -> float:
    """The least threshold that can be shown to lose little; 0, always calling, where none can.

    The head's own calibration has seen these queries, but it keeps the order of scores, and the grid is of quantiles of the
    training queries' scores: which queries a setting keeps does not depend on it, so the promise holds.
    """
    train = table.select(table.splits == Split.TRAIN)
    if not len(train):
        raise InputError("The table has no queries of the split train.", allowed="one or more: they lay the grid")
    cloud = best_cloud(train)
    grid = np.unique(np.quantile(scores(head, train), np.linspace(0, 1, _GRID), method="higher"))[::-1]
    loss = calibration.quality[:, cloud] - calibration.quality[:, 0]
    losses = np.where(own[None] >= grid[:, None], loss[None], 0.0)
    found = learn_then_test(losses, most=rule.most, delta=rule.delta, bound=rule.bound, seed=seed)
    return 0.0 if found.place is None else float(grid[found.place])


@dataclass(frozen=True, slots=True)
class HeldOutFigures:
    """Of a head on a table's test queries.

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
    """Figures on the split ``test``; None where the table has no such queries."""
    test = table.select(table.splits == Split.TEST)
    if not len(test):
        return None
    tasks = {name: report(head, test.select(test.tasks == name), seed=seed) for name in np.unique(test.tasks).tolist()}
    kept_share = kept_accuracy = float("nan")
    if head.threshold is not None:
        kept = scores(head, test) >= head.threshold.value
        kept_share = float(kept.mean())
        kept_accuracy = float(test.quality[kept, 0].mean()) if kept.any() else float("nan")
    return HeldOutFigures(report(head, test, seed=seed), tasks, kept_share, kept_accuracy)
