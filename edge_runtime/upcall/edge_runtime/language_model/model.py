"""The one owner of an engine: nobody else writes to it, so what it believes of the cache is what the cache holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.conversation import Message, SamplingOptions
from upcall.edge_runtime.errors import EngineError, InputError
from upcall.edge_runtime.language_model.chat_template import ChatTemplate
from upcall.edge_runtime.language_model.engine import Engine, RouterStage, Step
from upcall.edge_runtime.language_model.generation import LocalAnswer, Observe
from upcall.edge_runtime.language_model.tokenizer import Tokenizer

T = TypeVar("T")

PREFILL_CHUNK_TOKENS = 256
"""A stop request takes effect between chunks; larger ones are hardly faster."""


def shared_beginning(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts have in common before they part."""
    for place, (own, others) in enumerate(zip(one, other, strict=False)):
        if own != others:
            return place
    return min(len(one), len(other))


class LanguageModel:
    """One engine with its cache, tokenizer and template.

    Several answers may grow at the same time: whoever reads next gets the cache as it needs it, at the price of reading
    again what another answer has displaced. Threads may share a model: only one of them has the engine at a time.

    Args:
        engine: handed over; the caller must not use it any more.
        tokenizer, template, stop_token_ids: of the same bundle.
    """

    def __init__(
        self, engine: Engine, *, tokenizer: Tokenizer, template: ChatTemplate, stop_token_ids: frozenset[int]
    ) -> None:
        self.tokenizer = tokenizer
        self.template = template
        self.stop_token_ids = stop_token_ids
        self._engine = engine
        self._held: list[int] | None = None  # tokens in the engine's cache; None where it is not known
        self._lock = threading.RLock()  # of the engine; who is given a step may ask for a score

    @property
    def context_length(self) -> int:
        """Most tokens of a prompt and its answer together."""
        return self._engine.context_length

    def answer(
        self,
        messages: Sequence[Message],
        *,
        sampling: SamplingOptions | None = None,
        max_output_tokens: int,
        observe: Observe | None = None,
    ) -> LocalAnswer:
        """An answer to a conversation; nothing is read before its text is asked for.

        Args:
            messages: the user's question last.
            sampling: how to choose tokens; by default greedy.
            max_output_tokens: most tokens of the answer, ≥ 1.
            observe: told every step and the token chosen after it.

        Raises:
            InputError: no conversation, or the prompt leaves no room for an answer.
        """
        prompt = self.tokenizer.encode(self.template.render(messages))
        room = self.context_length - len(prompt)
        if room < 1:
            raise InputError(
                f"The conversation has {len(prompt):,} tokens.",
                allowed=f"at most {self.context_length - 1:,} on this device",
                next_step="shorten it, start a new conversation or ask the cloud",
            )
        return LocalAnswer(
            read=self.read,
            stream=self.tokenizer.stream(),
            prompt=prompt,
            stop_token_ids=self.stop_token_ids,
            sampling=sampling or SamplingOptions(),
            max_output_tokens=min(max_output_tokens, room),
            observe=observe,
        )

    def read(self, tokens: Sequence[int], use: Callable[[Step], T]) -> Iterator[T | None]:
        """Bring the engine to the end of a text, reading only what its cache does not hold.

        Args:
            tokens: of the whole text from its beginning, at least one.
            use: given the step of the last token, and gives the result. No other thread has the engine meanwhile, so the
                step's arrays are valid until it returns.

        Yields:
            None after each chunk, and at last the result.

        Raises:
            EngineError: from the engine, or something else has written to it; the next text is read from its beginning.
        """
        while True:
            with self._lock:
                step = self._read_chunk(tokens)
                result = None if step is None else use(step)
            yield result
            if step is not None:
                return

    def route(self, stage: RouterStage, features: NDArray[np.float32]) -> float:
        """What the bundle's router head says; see ``Engine.route``.

        Raises:
            EngineError: from the engine.
        """
        with self._lock:
            return self._engine.route(stage, features)

    def close(self) -> None:
        """Free the engine, once it has ended the step it is at."""
        with self._lock:
            self._engine.close()

    def _read_chunk(self, tokens: Sequence[int]) -> Step | None:
        """Read the next tokens that are not held; the step where they are the last ones."""
        held, self._held = self._held, None  # whatever is raised below, nothing is believed of the cache afterwards
        if held is None:
            self._engine.truncate(0)
            held = []
        if self._engine.position != len(held):
            raise EngineError(
                f"The engine holds {self._engine.position:,} tokens in place of {len(held):,}: something else wrote to it.",
                next_step="give the engine to one LanguageModel only, and ask again",
            )
        last = len(tokens) - 1  # the last token must be computed for its logits
        if len(held) != last or held != list(tokens[:last]):
            del held[shared_beginning(held, tokens[:last]) :]
            self._engine.truncate(len(held))
        chunk = tokens[len(held) : len(held) + PREFILL_CHUNK_TOKENS]
        step = self._engine.forward(chunk)
        held += chunk
        self._held = held
        return step if len(held) == len(tokens) else None
