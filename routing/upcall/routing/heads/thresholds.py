"""The threshold below which the device calls: by the accuracy of the answers that it keeps, or by a promise of what is lost."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from upcall.edge_runtime.errors import InputError
from upcall.protocol.v1 import bundle_pb2
from upcall.routing.bases.pair import best_cloud
from upcall.routing.estimates.grid import quantile_grid
from upcall.routing.evaluation.guarantee import Bound, learn_then_test
from upcall.routing.evaluation.metrics import auroc
from upcall.routing.heads.router_head import SIGNALS, RouterHead
from upcall.routing.heads.scores import check_same_bundle, scores
from upcall.routing.tables.outcome_table import OutcomeTable, Split

Array = NDArray[np.float64]


def least_threshold(scores: ArrayLike, quality: ArrayLike, *, target_kept_accuracy: float) -> float:
    """The least score at which the answers kept are right often enough.

    An answer is kept when its score is equal to the threshold or above. Where no threshold reaches the target the value is 0:
    only an answer that is certain would be kept.

    Args:
        scores: [N] log-probabilities, ≤ 0 nats.
        quality: [N] of the device's answers, in [0, 1].
        target_kept_accuracy: least mean quality of the answers kept, 0 to 1.
    """
    values, right = np.asarray(scores, dtype=np.float64), np.asarray(quality, dtype=np.float64)
    order = np.argsort(-values, kind="stable")
    means = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    sorted_values = values[order]
    is_last = np.append(sorted_values[1:] != sorted_values[:-1], True)  # equal scores are kept together
    reached = np.flatnonzero(is_last & (means >= target_kept_accuracy))
    return float(sorted_values[reached[-1]]) if reached.size else 0.0


def between(scores: ArrayLike, threshold: float) -> float:
    """The threshold halfway down to the next score below it: the same answers are kept.

    A device computes a head's score in float32, so a threshold must not stand on a score of a calibration query itself.
    """
    values = np.asarray(scores, dtype=np.float64)
    below = values[values < threshold]
    return float((threshold + below.max()) / 2) if below.size and threshold < 0 else threshold


def described(scores: ArrayLike, quality: ArrayLike, threshold: float) -> bundle_pb2.Calibration:
    """A manifest's record of what a threshold does to the queries by which it was chosen, without set and target."""
    values, right = np.asarray(scores, dtype=np.float64), np.asarray(quality, dtype=np.float64)
    kept = values >= threshold
    return bundle_pb2.Calibration(
        question_count=len(values),
        local_accuracy=float(right.mean()),
        auroc=auroc(values, right >= 0.5),
        kept_share=float(kept.mean()),
        kept_accuracy=float(right[kept].mean()) if kept.any() else 0.0,
    )


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
    calibration = table.split(Split.CALIBRATION, least=1)
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


def promised_threshold(
    own_scores: Array,
    losses: Array,
    grid: Array,
    *,
    most: float,
    delta: float,
    bound: Bound = Bound.BETTING,
    seed: int = 0,
) -> float | None:
    """The least threshold that can be shown to lose at most ``most`` with probability 1 − ``delta``; None where none can.

    Args:
        own_scores: [N] of the calibration queries; those at the threshold or above are kept on the device.
        losses: [N] in [−1, 1], the cloud's quality minus the device's.
        grid: [S] thresholds, falling; not chosen by these queries.
        most, delta, bound, seed: see ``learn_then_test``.
    """
    found = learn_then_test(losses_of(own_scores, losses, grid), most=most, delta=delta, bound=bound, seed=seed)
    return None if found.place is None else float(grid[found.place])


def losses_of(own_scores: Array, losses: Array, grid: Array) -> Array:
    """[S, N] quality lost at each threshold [S] of a grid: the query's loss [N] where it is kept, else none."""
    return np.where(own_scores[None] >= grid[:, None], losses[None], 0.0)


def _promised(
    head: RouterHead, table: OutcomeTable, calibration: OutcomeTable, own: Array, rule: SmallLoss, *, seed: int
) -> float:
    """The least threshold that can be shown to lose little; 0, always calling, where none can.

    The head's own calibration has seen these queries, but it keeps the order of scores, and the grid is of quantiles of the
    training queries' scores: which queries a setting keeps does not depend on it, so the promise holds.
    """
    train = table.split(Split.TRAIN, least=1)
    cloud = best_cloud(train)
    loss = calibration.quality[:, cloud] - calibration.quality[:, 0]
    grid = quantile_grid(scores(head, train), method="higher")[::-1]
    found = promised_threshold(own, loss, grid, most=rule.most, delta=rule.delta, bound=rule.bound, seed=seed)
    return 0.0 if found is None else found
