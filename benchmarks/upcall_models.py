"""Upcall's own engines, measured in a child process: through ``Engine.forward`` and through ``Session.ask``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.worker import serve
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.decision.decide import Strategy
from upcall.edge_runtime.engines.opening import open_engine
from upcall.edge_runtime.events import Done, Failed
from upcall.edge_runtime.language_model.engine import MAX_LOGIT_ROWS, Engine, RouterStage, Step
from upcall.edge_runtime.language_model.model import LanguageModel
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.edge_runtime.question import AskOptions
from upcall.edge_runtime.redaction import Detector
from upcall.edge_runtime.session import Session


class TimedEngine:
    """Passes everything on and notes when each forward pass began and ended, in seconds of ``perf_counter``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.passes: list[tuple[float, float]] = []

    @property
    def context_length(self) -> int:
        """See ``Engine``."""
        return self._engine.context_length

    @property
    def position(self) -> int:
        """See ``Engine``."""
        return self._engine.position

    def forward(self, tokens: Sequence[int]) -> Step:
        """See ``Engine``."""
        start = time.perf_counter()
        step = self._engine.forward(tokens)
        self.passes.append((start, time.perf_counter()))
        return step

    def truncate(self, position: int) -> None:
        """See ``Engine``."""
        self._engine.truncate(position)

    def route(self, stage: RouterStage, features: NDArray[np.float32]) -> float:
        """See ``Engine``."""
        return self._engine.route(stage, features)

    def close(self) -> None:
        """See ``Engine``."""
        self._engine.close()


class UpcallModel:
    """One bundle.

    Args:
        settings: ``bundle`` (its folder), ``threads`` and ``question`` (what a session is asked).
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self._bundle = open_bundle(Path(settings["bundle"]))
        self._engine = open_engine(self._bundle, threads=settings["threads"])
        self._tokenizer = Tokenizer(self._bundle.tokenizer)
        self._question: str = settings["question"]

    def measure(self, case: str, tokens: list[int], new_tokens: int) -> dict[str, float]:
        """One run.

        ``prefill``: all tokens in one call. ``decode``: greedy, after them. ``check``: as many tokens, eight at once, with the
        logits of each. ``session``: a whole ``Session.ask``.
        """
        if case == "session":
            return self._ask(new_tokens)
        self._engine.truncate(0)
        start = time.perf_counter()
        step = self._engine.forward(tokens)
        if case == "prefill":
            return {"tokens_per_s": len(tokens) / (time.perf_counter() - start)}
        start = time.perf_counter()
        if case == "check":
            for _ in range(0, new_tokens, MAX_LOGIT_ROWS):
                step = self._engine.forward(step.last_logits.argmax(axis=-1).tolist())
            return {"tokens_per_s": new_tokens / (time.perf_counter() - start)}
        for _ in range(new_tokens):
            step = self._engine.forward([int(step.logits.argmax())])
        return {"tokens_per_s": new_tokens / (time.perf_counter() - start)}

    def _ask(self, new_tokens: int) -> dict[str, float]:
        """Decode of a session, and the share of its time that is not the engine's, in percent."""
        engine = TimedEngine(self._engine)
        session = Session(  # a new one has nothing in its prompt cache
            model=LanguageModel(
                engine,
                tokenizer=self._tokenizer,
                template=self._bundle.template,
                stop_token_ids=frozenset(),  # so that every run has the same length
            ),
            threshold=self._bundle.threshold,
            detector=Detector(),
        )
        options = AskOptions(strategy=Strategy.LOCAL, max_output_tokens=new_tokens)
        for event in session.ask([Message(Role.USER, self._question)], options):
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Done):
                end = time.perf_counter()
        decoding = engine.passes[-(new_tokens - 1) :]  # the first token comes from the prompt's last pass
        start = engine.passes[-new_tokens][1]
        inside = sum(ended - began for began, ended in decoding)
        return {
            "tokens_per_s": len(decoding) / (end - start),
            "overhead_percent": 100 * (1 - inside / (end - start)),
        }


if __name__ == "__main__":
    serve(UpcallModel)
