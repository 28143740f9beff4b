"""How sure the device is of its own answer: a log-probability, of the tokens it chose or by the bundle's router head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.language_model.engine import RouterStage


class Signal(StrEnum):
    """Terms as in ``upcall.protocol.v1.Signal``."""

    MEAN_LOG_PROB = "mean_log_prob"
    MIN_LOG_PROB = "min_log_prob"
    ROUTER_POST = "router_post"
    ROUTER_PRE = "router_pre"

    @property
    def stage(self) -> RouterStage | None:
        """When the router head that gives it is asked; None for a signal of the tokens' own."""
        return {Signal.ROUTER_PRE: RouterStage.PRE, Signal.ROUTER_POST: RouterStage.POST}.get(self)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Call the cloud when the signal is below the value. Calibrated for one model in one quantisation."""

    signal: Signal
    value: float


def score(signal: Signal, log_probs: Sequence[float]) -> float:
    """The signal's value, ≤ 0 nats.

    Args:
        signal: one of the tokens' own; the others are what `Engine.route` gives.
        log_probs: of each chosen token under the model's own distribution (before temperature), the closing stop token
            included: whether the model believes that it is done is part of how sure it is.

    Raises:
        InputError: there are no tokens.
        ValueError: the signal is not the tokens' own.

    Vectors: proto/vectors/decision.json
    """
    if not log_probs:
        raise InputError("An answer without tokens has no score.")
    if signal is Signal.MIN_LOG_PROB:
        return min(log_probs)
    if signal is not Signal.MEAN_LOG_PROB:
        raise ValueError(f"{signal} is no signal of tokens")
    return sum(log_probs) / len(log_probs)
