"""Strict fakes of the runtime's ports, for tests of applications and of Upcall itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

import numpy as np
import tokenizers
from numpy.typing import NDArray
from tokenizers import decoders, models, pre_tokenizers

from upcall.edge_runtime.cloud import CloudQuestion, CloudText, CloudUsage
from upcall.edge_runtime.conversation import FinishReason, Role
from upcall.edge_runtime.decision.features import feature_count
from upcall.edge_runtime.errors import EngineError, EscalationError, EscalationReason
from upcall.edge_runtime.language_model.chat_template import ChatTemplate, RoleFormat
from upcall.edge_runtime.language_model.engine import (
    Engine,
    RouterStage,
    Step,
    check_features,
    check_position,
    check_tokens,
    logit_rows,
)
from upcall.edge_runtime.language_model.model import LanguageModel
from upcall.edge_runtime.language_model.tokenizer import Tokenizer

BYTE_VOCABULARY_SIZE = 258
SCRIPTED_HIDDEN_SIZE = 2
TURN_START, TURN_END = "<|im_start|>", "<|im_end|>"
TURN_START_ID, TURN_END_ID = 256, 257
CHATML = ChatTemplate(
    beginning="",
    roles={role: RoleFormat(f"{TURN_START}{role}\n", f"{TURN_END}\n") for role in Role},
    generation_prefix=f"{TURN_START}assistant\n",
)


def write_byte_tokenizer(path: Path) -> Path:
    """Write a tokenizer of 256 bytes and two special tokens (ids 256 and 257) and return its path."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = tokenizers.Tokenizer(
        models.BPE(vocab={letter: index for index, letter in enumerate(alphabet)}, merges=[])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([TURN_START, TURN_END])
    path.write_text(json.dumps(json.loads(tokenizer.to_str())), encoding="utf-8")
    return path


def says(path: Path, text: str, *, probability: float = 0.9) -> Callable[[Sequence[int]], tuple[int, float]]:
    """A script for ``ScriptedEngine``: after each CHATML prompt the same text, each token equally probable.

    Args:
        path: of the byte tokenizer.
        text: to say before the end of the turn.
        probability: of every token, the closing one included.
    """
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    reply = [*tokenizer.encode(text, add_special_tokens=False).ids, TURN_END_ID]
    opening = len(CHATML.generation_prefix) - len(TURN_START)

    def script(tokens: Sequence[int]) -> tuple[int, float]:
        last_turn = len(tokens) - 1 - list(reversed(tokens)).index(TURN_START_ID)
        said = len(tokens) - last_turn - 1 - opening
        return (reply[said], probability) if 0 <= said < len(reply) else (TURN_END_ID, probability)

    return script


class ScriptedEngine:
    """An engine that says what it is told.

    Args:
        script: called with all tokens in the cache, gives the next token and its probability, in (1/V, 1]; may raise
            EngineError.
        vocabulary_size: V.
        context_length: most tokens.
        heads: router heads, called with the features [F].
    """

    def __init__(
        self,
        script: Callable[[Sequence[int]], tuple[int, float]],
        *,
        vocabulary_size: int = BYTE_VOCABULARY_SIZE,
        context_length: int = 4096,
        heads: Mapping[RouterStage, Callable[[NDArray[np.float32]], float]] | None = None,
    ) -> None:
        self._heads = heads or {}
        self._script = script
        self._vocabulary_size = vocabulary_size
        self._context_length = context_length
        self._tokens: list[int] | None = []
        self.forwarded_tokens = 0

    @property
    def context_length(self) -> int:
        """Most tokens."""
        return self._context_length

    @property
    def position(self) -> int:
        """Tokens in the cache."""
        return len(self._open())

    def forward(self, tokens: Sequence[int]) -> Step:
        """Append tokens; see ``Engine``. Hidden states hold the position."""
        cache = self._open()
        check_tokens(
            tokens,
            position=len(cache),
            context_length=self._context_length,
            vocabulary_size=self._vocabulary_size,
        )
        rows = []
        for end in range(len(tokens) - logit_rows(len(tokens)) + 1, len(tokens) + 1):
            token, probability = self._script([*cache, *tokens[:end]])
            rows.append(self._logits(token, probability))
        cache += tokens
        self.forwarded_tokens += len(tokens)
        hidden = np.full(SCRIPTED_HIDDEN_SIZE, len(cache), dtype=np.float32)
        return Step(np.stack(rows), hidden, hidden)

    def truncate(self, position: int) -> None:
        """Keep the first tokens; see ``Engine``."""
        cache = self._open()
        check_position(position, position=len(cache))
        del cache[position:]

    def route(self, stage: RouterStage, features: NDArray[np.float32]) -> float:
        """Ask a scripted head; see ``Engine``."""
        self._open()
        count = feature_count(stage, hidden_size=SCRIPTED_HIDDEN_SIZE) if stage in self._heads else None
        check_features(features, count=count, stage=stage)
        return self._heads[stage](features)

    def close(self) -> None:
        """Refuse all further calls."""
        self._tokens = None

    def _open(self) -> list[int]:
        if self._tokens is None:
            raise EngineError("The engine is closed.")
        return self._tokens

    def _logits(self, token: int, probability: float) -> NDArray[np.float32]:
        if not 1 / self._vocabulary_size < probability <= 1:
            raise ValueError(f"probability {probability} of the scripted token must be above 1/V and at most 1")
        rest = max((1 - probability) / (self._vocabulary_size - 1), 1e-30)
        logits = np.full(self._vocabulary_size, np.log(rest), dtype=np.float32)
        logits[token] = np.log(probability)
        return logits


def chatml_model(engine: Engine, tokenizer: Path) -> LanguageModel:
    """A language model of an engine with the byte tokenizer of ``write_byte_tokenizer`` and the CHATML template."""
    return LanguageModel(
        engine, tokenizer=Tokenizer(tokenizer), template=CHATML, stop_token_ids=frozenset([TURN_END_ID])
    )


class ScriptedCloud:
    """A cloud that says what it is told, and keeps the questions it was asked.

    Args:
        reply: called with the question, gives the pieces of the answer.
        fail_after: break off after so many pieces with this reason.
    """

    def __init__(
        self,
        reply: Callable[[CloudQuestion], Sequence[str]],
        *,
        fail_after: int | None = None,
        reason: EscalationReason = EscalationReason.UNAVAILABLE,
    ) -> None:
        self._reply = reply
        self._fail_after = fail_after
        self._reason = reason
        self.questions: list[CloudQuestion] = []
        self.cancelled_count = 0

    @property
    def address(self) -> str:
        """Shown to the user."""
        return "scripted"

    def generate(self, question: CloudQuestion) -> Generator[CloudText | CloudUsage, None, None]:
        """Stream the scripted reply; see ``Cloud``."""
        self.questions.append(question)
        pieces = self._reply(question)
        try:
            for index, piece in enumerate(pieces):
                if index == self._fail_after:
                    break
                yield CloudText(piece)
        except GeneratorExit:
            self.cancelled_count += 1
            raise
        if self._fail_after is not None:
            raise EscalationError("The scripted cloud failed.", reason=self._reason)
        yield CloudUsage(input_tokens=1, output_tokens=len(pieces), finish_reason=FinishReason.STOP)

    def close(self) -> None:
        """Nothing to drop."""
