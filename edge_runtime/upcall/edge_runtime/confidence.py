"""How sure the device is of its own answer: a number from the log-probabilities of the tokens it chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from upcall.edge_runtime.errors import InputError


class Signal(StrEnum):
    """Terms as in ``upcall.protocol.v1.Signal``."""

    MEAN_LOG_PROB = "mean_log_prob"
    MIN_LOG_PROB = "min_log_prob"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Call the cloud when the signal is below the value. Calibrated for one model in one quantisation."""

    signal: Signal
    value: float


def score(signal: Signal, log_probs: Sequence[float]) -> float:
    """The signal's value, ≤ 0 nats.

    Args:
        signal: which one.
        log_probs: of each chosen token under the model's own distribution (before temperature), the closing stop token
            included: whether the model believes that it is done is part of how sure it is.

    Raises:
        InputError: there are no tokens.

    Vectors: proto/vectors/decision.json
    """
    if not log_probs:
        raise InputError("An answer without tokens has no score.")
    if signal is Signal.MIN_LOG_PROB:
        return min(log_probs)
    return sum(log_probs) / len(log_probs)
