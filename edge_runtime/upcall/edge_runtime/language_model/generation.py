"""The device's own answer: prefill, sample, stop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from upcall.edge_runtime.cloud import FinishReason
from upcall.edge_runtime.decision.features import AnswerFeatures
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.language_model.engine import Engine, Step
from upcall.edge_runtime.language_model.sampling import Sampler, SamplingOptions, log_probability
from upcall.edge_runtime.language_model.tokenizer import Tokenizer

PREFILL_CHUNK_TOKENS = 256
"""A stop request takes effect between chunks; larger ones are hardly faster."""


def shared_beginning(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts have in common before they part."""
    for place, (own, others) in enumerate(zip(one, other, strict=False)):
        if own != others:
            return place
    return min(len(one), len(other))


class PromptCache:
    """Feeds an engine prompts, and reuses what its cache already holds of them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._cached: list[int] = []

    def prefill(self, tokens: Sequence[int]) -> Iterator[Step | None]:
        """Bring the engine to the end of a prompt. Yields None after each chunk and last the step of the last one.

        Raises:
            EngineError: from the engine; the cache then starts afresh.
        """
        shared = shared_beginning(self._cached, tokens[:-1])  # the last token must be computed for its logits
        self.engine.truncate(shared)
        del self._cached[shared:]
        for start in range(shared, len(tokens), PREFILL_CHUNK_TOKENS):
            step = self.append(tokens[start : start + PREFILL_CHUNK_TOKENS])
            yield step if self.engine.position == len(tokens) else None

    def append(self, tokens: Sequence[int]) -> Step:
        """Feed tokens; the step is valid until the next call."""
        step = self.engine.forward(tokens)
        self._cached += tokens
        return step


class LocalAnswer:
    """One answer as it grows. ``text()`` may be left and taken up again: a draft that lost the decision can still be finished.

    Args:
        cache: the engine with what it holds.
        tokenizer: of the bundle.
        prompt: token ids of the rendered conversation.
        stop_token_ids: any of them ends the answer.
        sampling: how to choose tokens.
        max_output_tokens: most tokens of the answer.
        features: told every step, where a router head will be asked.

    Raises:
        InputError: the prompt leaves no room for an answer.
    """

    def __init__(
        self,
        *,
        cache: PromptCache,
        tokenizer: Tokenizer,
        prompt: Sequence[int],
        stop_token_ids: frozenset[int],
        sampling: SamplingOptions,
        max_output_tokens: int,
        features: AnswerFeatures | None = None,
    ) -> None:
        room = cache.engine.context_length - len(prompt)
        if room < 1:
            raise InputError(
                f"The conversation has {len(prompt):,} tokens.",
                allowed=f"at most {cache.engine.context_length - 1:,} on this device",
                next_step="shorten it, start a new conversation or ask the cloud",
            )
        self.input_tokens = len(prompt)
        self.log_probs: list[float] = []
        self.tokens: list[int] = []
        self.answer = ""
        self.finish_reason: FinishReason | None = None
        self._cache = cache
        self._features = features
        self._prompt = list(prompt)
        self._stop_token_ids = stop_token_ids
        self._sampler = Sampler(sampling)
        self._max_output_tokens = min(max_output_tokens, room)
        self._stream = tokenizer.stream()

    @property
    def output_tokens(self) -> int:
        """Tokens chosen so far, the stop token included."""
        return len(self.tokens)

    def text(self) -> Iterator[str]:
        """Yields after every step of the engine, empty where there is no new text; at the end ``finish_reason`` is set.

        Raises:
            EngineError: from the engine.
        """
        step = None
        for step in self._cache.prefill(self._prompt):
            if step is None:
                yield ""
        assert step is not None
        seen = list(self._prompt)
        while True:
            token = self._sampler.choose(step.logits, seen=seen)
            self.log_probs.append(log_probability(step.logits, token))
            self.tokens.append(token)
            if self._features is not None:
                self._features.add(step, token)
            if token in self._stop_token_ids:
                self.finish_reason = FinishReason.STOP
                break
            seen.append(token)
            piece = self._stream.push(token)
            self.answer += piece
            if self.output_tokens == self._max_output_tokens:
                yield piece
                self.finish_reason = FinishReason.LENGTH
                break
            yield piece
            step = self._cache.append([token])
        rest = self._stream.finish()
        self.answer += rest
        yield rest
