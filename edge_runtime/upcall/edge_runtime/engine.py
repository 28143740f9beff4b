"""What the runtime asks of an engine. Adapters stand in ``engines/``, the strict fake in ``testing.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import EngineError


@dataclass(frozen=True, slots=True)
class Step:
    """What one forward pass over T tokens gives. Arrays are valid until the next call on the engine.

    Args:
        logits: [V] float32, for the token after the last one.
        hidden_last: [D] float32, final-norm hidden state of the last token.
        hidden_sum: [D] float32, sum of the final-norm hidden states of the T tokens.
        hidden_mid: [D] float32, residual stream of the last token after three quarters of the layers.
    """

    logits: NDArray[np.float32]
    hidden_last: NDArray[np.float32]
    hidden_sum: NDArray[np.float32]
    hidden_mid: NDArray[np.float32]


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


def check_position(wanted: int, *, position: int) -> None:
    """Whether a cache of ``position`` tokens can be cut back to ``wanted``.

    Raises:
        EngineError: it is negative or beyond the cache.
    """
    if not 0 <= wanted <= position:
        raise EngineError(f"Cannot truncate to {wanted} tokens.", allowed=f"0 to {position}")
