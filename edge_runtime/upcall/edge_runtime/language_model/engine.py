"""What the runtime asks of an engine. Adapters stand in ``engines/``, the strict fake in ``testing.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import EngineError

MAX_LOGIT_ROWS = 8
"""The logits of so many of a step's last tokens are given: what it takes to check a draft of seven tokens in one pass."""


def logit_rows(tokens: int) -> int:
    """R, the rows of logits that a step over T ≥ 1 tokens gives: min(T, 8)."""
    return min(tokens, MAX_LOGIT_ROWS)


@dataclass(frozen=True, slots=True)
class Step:
    """What one forward pass over T tokens gives. Arrays are valid until the next call on the engine.

    Args:
        last_logits: [R, V] float32, R = min(T, 8): after each of the last R tokens, for the token that follows it.
        hidden_last: [D] float32, final-norm hidden state of the last token.
        hidden_mid: [D] float32, residual stream of the last token after three quarters of the layers.
    """

    last_logits: NDArray[np.float32]
    hidden_last: NDArray[np.float32]
    hidden_mid: NDArray[np.float32]

    @property
    def logits(self) -> NDArray[np.float32]:
        """[V] float32, for the token after the last one."""
        return np.asarray(self.last_logits[-1])


class RouterStage(StrEnum):
    """When a router head is asked, in the terms of ``upcall.protocol.v1.RouterStage``."""

    PRE = "pre"
    POST = "post"

    @property
    def method(self) -> str:
        """Name of the head in a program, and of its graph beside ``model.onnx``."""
        return f"route_{self.value}"


class Engine(Protocol):
    """A language model with a key-value cache, one conversation at a time; not thread-safe."""

    @property
    def context_length(self) -> int:
        """Most tokens that the cache can hold."""

    @property
    def position(self) -> int:
        """Tokens in the cache."""

    def forward(self, tokens: Sequence[int]) -> Step:
        """Append T ≥ 1 tokens to the cache: prefill and decode alike.

        Raises:
            EngineError: no tokens, a token outside the vocabulary, or more than the context holds; the cache is unchanged.
        """

    def truncate(self, position: int) -> None:
        """Keep the first ``position`` tokens of the cache.

        Raises:
            EngineError: position is negative or beyond the cache.
        """

    def route(self, stage: RouterStage, features: NDArray[np.float32]) -> float:
        """What the bundle's router head says: the log-probability, ≤ 0 nats, that the device's answer is right.

        Args:
            stage: before or after the answer.
            features: [F] float32, see :mod:`upcall.edge_runtime.decision.features`; finite.

        Raises:
            EngineError: there is no such head, or it takes another number of features.
        """

    def close(self) -> None:
        """Free the model. Closing twice is allowed; any other call after it raises EngineError."""


def check_tokens(tokens: Sequence[int], *, position: int, context_length: int, vocabulary_size: int) -> None:
    """What every engine refuses before its cache is touched.

    Raises:
        EngineError: no tokens, a token outside the vocabulary, or more than the context holds.
    """
    if not tokens:
        raise EngineError("No tokens were given.", allowed="one or more")
    if min(tokens) < 0 or max(tokens) >= vocabulary_size:
        raise EngineError("A token id is outside the vocabulary.", allowed=f"0 to {vocabulary_size - 1}")
    if position + len(tokens) > context_length:
        raise EngineError(
            f"{position + len(tokens):,} tokens do not fit.", allowed=f"{context_length:,}, the context length"
        )


def check_features(features: NDArray[np.float32], *, count: int | None, stage: RouterStage) -> None:
    """What every engine refuses before a router head is asked.

    Args:
        features: given.
        count: of the head; None where the bundle has none.
        stage: of the head.

    Raises:
        EngineError: there is no head, it takes another number of features, or one is not finite.
    """
    if count is None:
        raise EngineError(f"The bundle has no router head {stage.method}.", next_step="export the model again")
    if features.shape != (count,):
        raise EngineError(f"{features.size:,} features were given to {stage.method}.", allowed=f"{count:,}")
    if not np.isfinite(features).all():
        raise EngineError(f"A feature given to {stage.method} is not a finite number.")


def check_position(wanted: int, *, position: int) -> None:
    """Whether a cache of ``position`` tokens can be cut back to ``wanted``.

    Raises:
        EngineError: it is negative or beyond the cache.
    """
    if not 0 <= wanted <= position:
        raise EngineError(f"Cannot truncate to {wanted} tokens.", allowed=f"0 to {position}")
