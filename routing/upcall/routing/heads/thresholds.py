"""The threshold below which the device calls, by the accuracy of the answers that it keeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from upcall.protocol.v1 import bundle_pb2
from upcall.routing.evaluation.metrics import auroc


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
    """Halfway down from a threshold to the next score below it: the same answers are kept.

    A device computes a head's score in float32, so a threshold must not stand on a score of a calibration query itself.
    """
    values = np.asarray(scores, dtype=np.float64)
    below = values[values < threshold]
    return float((threshold + below.max()) / 2) if below.size and threshold < 0 else threshold


def described(scores: ArrayLike, quality: ArrayLike, threshold: float) -> bundle_pb2.Calibration:
    """What a threshold does to the queries by which it was chosen; its set and its target are left out."""
    values, right = np.asarray(scores, dtype=np.float64), np.asarray(quality, dtype=np.float64)
    kept = values >= threshold
    return bundle_pb2.Calibration(
        question_count=len(values),
        local_accuracy=float(right.mean()),
        auroc=auroc(values, right >= 0.5),
        kept_share=float(kept.mean()),
        kept_accuracy=float(right[kept].mean()) if kept.any() else 0.0,
    )
