"""The device's own answer as it grows: read, sample, stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from upcall.edge_runtime.conversation import FinishReason, SamplingOptions
from upcall.edge_runtime.language_model.engine import Step
from upcall.edge_runtime.language_model.sampling import Sampler, log_probability
from upcall.edge_runtime.language_model.tokenizer import TextStream

Read = Callable[[Sequence[int], Callable[[Step], str]], Iterator[str | None]]
"""All tokens of a text → None after each chunk that was read, and at last what is made of the step of its last token."""

Observe = Callable[[Step, int], None]
"""A step of the engine, whose arrays are valid until this returns, and the token that was chosen after it."""


class LocalAnswer:
    """One answer of the device's model, made by ``LanguageModel.answer``.

    ``text()`` may be left and taken up again: a draft that lost the decision can still be finished.

    Args:
        read: brings the engine to the end of a text.
        stream: turns tokens into text.
        prompt: token ids of the rendered conversation.
        stop_token_ids: any of them ends the answer.
        sampling: how to choose tokens.
        max_output_tokens: most tokens of the answer; prompt and answer must fit the context.
        observe: told every step and the token chosen after it.
    """

    def __init__(
        self,
        *,
        read: Read,
        stream: TextStream,
        prompt: Sequence[int],
        stop_token_ids: frozenset[int],
        sampling: SamplingOptions,
        max_output_tokens: int,
        observe: Observe | None = None,
    ) -> None:
        self.prompt = tuple(prompt)
        self.log_probs: list[float] = []
        self.tokens: list[int] = []
        self.answer = ""
        self.finish_reason: FinishReason | None = None
        self._read = read
        self._stream = stream
        self._stop_token_ids = stop_token_ids
        self._sampler = Sampler(sampling)
        self._max_output_tokens = max_output_tokens
        self._observe = observe

    @property
    def input_tokens(self) -> int:
        """Tokens of the prompt."""
        return len(self.prompt)

    @property
    def output_tokens(self) -> int:
        """Tokens chosen so far, the stop token included."""
        return len(self.tokens)

    def finish(self) -> str:
        """The whole answer, at once.

        Raises:
            EngineError: from the engine.
        """
        for _ in self.text():
            pass
        return self.answer

    def text(self) -> Iterator[str]:
        """Yields after every step of the engine, empty where there is no new text; at the end ``finish_reason`` is set.

        Raises:
            EngineError: from the engine.
        """
        seen = list(self.prompt)
        while self.finish_reason is None:
            for piece in self._read(seen, lambda step: self._choose(step, seen)):
                yield piece or ""
        rest = self._stream.finish()
        self.answer += rest
        yield rest

    def _choose(self, step: Step, seen: list[int]) -> str:
        """Choose the next token and give the text that has become certain."""
        token = self._sampler.choose(step.logits, seen=seen)
        self.log_probs.append(log_probability(step.logits, token))
        self.tokens.append(token)
        if self._observe is not None:
            self._observe(step, token)
        if token in self._stop_token_ids:
            self.finish_reason = FinishReason.STOP
            return ""
        seen.append(token)
        if self.output_tokens == self._max_output_tokens:
            self.finish_reason = FinishReason.LENGTH
        piece = self._stream.push(token)
        self.answer += piece
        return piece
