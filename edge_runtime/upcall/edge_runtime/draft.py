"""The device's answer while it is a draft: its text as it grows, the score by which it may stay, and the time it took."""

from __future__ import annotations

import time
from collections.abc import Iterator

from upcall.edge_runtime.conversation import FinishReason
from upcall.edge_runtime.decision.confidence import Signal, score
from upcall.edge_runtime.decision.features import AnswerFeatures
from upcall.edge_runtime.errors import EngineError
from upcall.edge_runtime.language_model.generation import LocalAnswer
from upcall.edge_runtime.language_model.model import LanguageModel


class Draft:
    """One answer of the device, left when it is known to be not good enough and finished if the cloud then fails.

    Args:
        local: the answer.
        model: asked for the score of a router head.
        signal: which score decides.
        features: of the answer, where the signal is a router head's.
        threshold: below it the draft is not good enough; None where no score decides.
    """

    def __init__(
        self,
        local: LocalAnswer,
        *,
        model: LanguageModel,
        signal: Signal,
        features: AnswerFeatures | None,
        threshold: float | None,
    ) -> None:
        self.local = local
        self.score: float | None = None
        """Log-probability signal, ≤ 0 nats; None while it is not known, or where the head failed."""
        self.pieces = self._timed(local.text())
        """The text as it comes, empty after a step without new text; where it was left it is taken up again."""
        self.made_s = 0.0
        """Seconds in which the engine worked for this answer."""
        self.first_token_s: float | None = None
        self.first_text_s: float | None = None
        """Of ``made_s``, until the first token and the first text."""
        self._model = model
        self._signal = signal
        self._features = features
        self._threshold = threshold
        self._is_scored = False

    @property
    def is_lost(self) -> bool:
        """Whether the draft is known to be not good enough, so that it need not be finished before the cloud is called."""
        if self._threshold is None or not self.local.log_probs:
            return False
        if self._signal is Signal.MIN_LOG_PROB:  # it can only fall
            return self.local.log_probs[-1] < self._threshold
        if self._signal is Signal.ROUTER_PRE:  # it looks at the prompt only, which was read
            self.settle()
            return self.score is None or self.score < self._threshold
        return False

    @property
    def tokens_per_s(self) -> float | None:
        """Output tokens after the first by the time they took; None for a single token."""
        count = self.local.output_tokens - 1
        made_s = self.made_s - (self.first_token_s or 0.0)
        return count / made_s if count > 0 and made_s > 0 else None

    def settle(self) -> None:
        """Work out the score, once; for all signals but ``router_pre`` the answer is over, or known to be lost."""
        if not self._is_scored:
            self._is_scored = True
            self.score = self._scored()

    def _scored(self) -> float | None:
        local, stage = self.local, self._signal.stage
        if stage is None or self._features is None:
            return score(self._signal, local.log_probs)
        if self._signal is Signal.ROUTER_PRE:
            features = self._features.pre(input_tokens=local.input_tokens)
        else:
            features = self._features.post(is_complete=local.finish_reason is FinishReason.STOP)
        try:
            return self._model.route(stage, features)
        except EngineError:  # then nothing speaks for the draft; it is kept in case the cloud fails
            return None

    def _timed(self, pieces: Iterator[str]) -> Iterator[str]:
        while True:
            start = time.perf_counter()
            piece = next(pieces, None)
            self.made_s += time.perf_counter() - start
            if self.first_token_s is None and self.local.output_tokens:
                self.first_token_s = self.made_s
            if self.first_text_s is None and piece:
                self.first_text_s = self.made_s
            if piece is None:
                return
            yield piece
