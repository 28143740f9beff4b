"""What a router head is given: numbers of the device's own model, the same in every language (proto/vectors/features.json).

Before an answer: statistics of the likeliest first token, then hidden_last and hidden_mid [D] of the prompt's last token. After
it: statistics of its tokens, then, over the steps after which they were chosen, mean and last of hidden_last and mean and last
of hidden_mid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.language_model.engine import RouterStage, Step


class Statistic(StrEnum):
    """Features that are no hidden state. Log-probabilities and entropies in nats."""

    FIRST_LOG_PROB = "first_log_prob"
    FIRST_ENTROPY = "first_entropy"
    FIRST_MARGIN = "first_margin"
    LOG_INPUT_TOKENS = "log_input_tokens"
    MEAN_LOG_PROB = "mean_log_prob"
    MIN_LOG_PROB = "min_log_prob"
    MEAN_ENTROPY = "mean_entropy"
    MEAN_MARGIN = "mean_margin"
    MIN_MARGIN = "min_margin"
    LOG_OUTPUT_TOKENS = "log_output_tokens"
    IS_COMPLETE = "is_complete"


STATISTICS = {
    RouterStage.PRE: (
        Statistic.FIRST_LOG_PROB,
        Statistic.FIRST_ENTROPY,
        Statistic.FIRST_MARGIN,
        Statistic.LOG_INPUT_TOKENS,
    ),
    RouterStage.POST: (
        Statistic.MEAN_LOG_PROB,
        Statistic.MIN_LOG_PROB,
        Statistic.MEAN_ENTROPY,
        Statistic.MEAN_MARGIN,
        Statistic.MIN_MARGIN,
        Statistic.LOG_OUTPUT_TOKENS,
        Statistic.IS_COMPLETE,
    ),
}
"""The features that come first, in their order."""
_HIDDEN_STATES = {RouterStage.PRE: 2, RouterStage.POST: 4}


def feature_count(stage: RouterStage, *, hidden_size: int) -> int:
    """F, of a model with hidden states of D numbers."""
    return len(STATISTICS[stage]) + _HIDDEN_STATES[stage] * hidden_size


@dataclass(frozen=True, slots=True)
class TokenStatistics:
    """How sure the model is at one token.

    Args:
        log_prob: of the token chosen, ≤ 0.
        entropy: of the distribution that it was chosen from, ≥ 0.
        margin: of the likeliest token's log-probability over the second's, ≥ 0.
    """

    log_prob: float
    entropy: float
    margin: float


def token_statistics(logits: NDArray[np.float32], token: int) -> TokenStatistics:
    """The statistics of one token chosen from logits [V], V ≥ 2. Exponentials in float32, sums in float64."""
    best = int(logits.argmax())
    shifted = logits - logits[best]
    exponentials = np.exp(shifted)
    total = float(exponentials.sum(dtype=np.float64))
    log_total = math.log(total)
    # Not np.dot: over a whole vocabulary its threads would fight with those of the engine.
    mean = float(np.einsum("i,i->", exponentials, shifted, dtype=np.float64)) / total
    second = max(float(shifted[:best].max(initial=-np.inf)), float(shifted[best + 1 :].max(initial=-np.inf)))
    return TokenStatistics(
        log_prob=min(0.0, float(shifted[token]) - log_total), entropy=max(0.0, log_total - mean), margin=-second
    )


def pre_features(step: Step, *, input_tokens: int) -> NDArray[np.float32]:
    """[F] float32, after the prompt was read and before anything is answered.

    Args:
        step: of the prompt's last tokens.
        input_tokens: of the whole prompt, ≥ 1.
    """
    first = token_statistics(step.logits, int(step.logits.argmax()))
    statistics = [first.log_prob, first.entropy, first.margin, math.log(input_tokens)]
    return _joined(statistics, [step.hidden_last, step.hidden_mid])


class AnswerFeatures:
    """Follows one answer, step by step, and gives its features. Keeps sums, not steps."""

    def __init__(self) -> None:
        self._first: Step | None = None
        self._tokens: list[TokenStatistics] = []
        self._sums: list[NDArray[np.float64]] = []
        self._last: list[NDArray[np.float32]] = []

    def add(self, step: Step, token: int) -> None:
        """A token was chosen after this step of the engine; what is needed of the step's arrays is copied."""
        if self._first is None:
            self._first = Step(step.logits[None].copy(), step.hidden_last.copy(), step.hidden_mid.copy())
        self._tokens.append(token_statistics(step.logits, token))
        self._last = [step.hidden_last.copy(), step.hidden_mid.copy()]
        if not self._sums:
            self._sums = [np.zeros(state.shape, dtype=np.float64) for state in self._last]
        for total, state in zip(self._sums, self._last, strict=True):
            total += state

    def pre(self, *, input_tokens: int) -> NDArray[np.float32]:
        """[F] float32 of the prompt, whose last step the first token was chosen after; see ``pre_features``.

        Raises:
            InputError: no token was chosen yet.
        """
        if self._first is None:
            raise InputError("The prompt was not read yet.")
        return pre_features(self._first, input_tokens=input_tokens)

    def post(self, *, is_complete: bool) -> NDArray[np.float32]:
        """[F] float32 of the answer as far as it goes.

        Args:
            is_complete: the model ended the answer itself.

        Raises:
            InputError: no token was chosen yet.
        """
        count = len(self._tokens)
        if not count:
            raise InputError("An answer without tokens has no features.")
        log_probs = [one.log_prob for one in self._tokens]
        margins = [one.margin for one in self._tokens]
        statistics = [
            sum(log_probs) / count,
            min(log_probs),
            sum(one.entropy for one in self._tokens) / count,
            sum(margins) / count,
            min(margins),
            math.log(count),
            float(is_complete),
        ]
        mean_last, mean_mid = [(total / count).astype(np.float32) for total in self._sums]
        return _joined(statistics, [mean_last, self._last[0], mean_mid, self._last[1]])


def _joined(statistics: Sequence[float], states: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate([np.array(statistics, dtype=np.float32), *states])
