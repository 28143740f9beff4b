from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from upcall.edge_runtime.bundle import MODEL_ONNX, MODEL_PTE
from upcall.edge_runtime.errors import ModelError
from upcall.edge_runtime.language_model.engine import Step
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.edge_runtime.testing import (
    BYTE_VOCABULARY_SIZE,
    TURN_END_ID,
    TURN_START_ID,
    ScriptedEngine,
    chatml_model,
    write_byte_tokenizer,
)
from upcall.export.checks.parity import (
    GREEDY_TOKENS,
    check_float_cache,
    check_stored,
    greedy_texts,
    perplexity,
    reference_asker,
)
from upcall.export.checks.reference import Reference
from upcall.export.checks.samples import prose
from upcall.export.checks.threshold import MAX_ANSWER_TOKENS, Answer, asker, load_set


def following(tokens: Sequence[int]) -> int:
    return (7 * tokens[-1] + len(tokens)) % BYTE_VOCABULARY_SIZE


class Scripted:
    """A float32 model that chooses as the engine does, but for one length of text."""

    def __init__(self, *, other_at: int) -> None:
        self._other_at = other_at
        self.passes = 0

    def logits_after(self, tokens: Sequence[int], *, count: int) -> NDArray[np.float32]:
        self.passes += 1
        return self.all_logits(tokens)[-count:]

    def all_logits(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        logits = np.zeros((len(tokens), BYTE_VOCABULARY_SIZE), dtype=np.float32)
        for row in range(len(tokens)):
            choice = following(tokens[: row + 1])
            logits[row, choice] = 1.0
            if row + 1 == self._other_at:
                logits[row, (choice + 1) % BYTE_VOCABULARY_SIZE] = 1.5
        return logits


@pytest.mark.parametrize(
    ("other_at", "place"), [(3, 1), (7, 5), (3 + GREEDY_TOKENS - 1, 32), (3 + GREEDY_TOKENS, None), (2, None)]
)
def test_where_a_text_parts(other_at: int, place: int | None, tmp_path: Path) -> None:
    engine = ScriptedEngine(lambda tokens: (following(tokens), 0.9))
    model = chatml_model(engine, write_byte_tokenizer(tmp_path / "tokenizer.json"))
    reference = cast(Reference, Scripted(other_at=other_at))
    same, share, *parted = greedy_texts(model, reference, [[5, 6, 7]])
    assert (same.value, same.unit) == (float(place is None), "of 1")
    assert share.value == pytest.approx(1 - (place is not None) / GREEDY_TOKENS)
    assert [(row.name.split(" token ")[1].split(",")[0], row.value) for row in parted] == (
        [] if place is None else [(str(place), 0.5)]
    )


@pytest.mark.parametrize(("other_at", "passes"), [(2, 1), (3, MAX_ANSWER_TOKENS), (6, MAX_ANSWER_TOKENS - 3)])
def test_float32_answers_for_itself_where_it_parts_from_the_bundle(other_at: int, passes: int, tmp_path: Path) -> None:
    prompt = (70, 71, 72)
    text = list(prompt)
    while len(text) < len(prompt) + MAX_ANSWER_TOKENS:
        text.append(following(text))
    bundles = Answer("", prompt, tuple(text[len(prompt) :]))
    scripted = Scripted(other_at=other_at)
    write_byte_tokenizer(tmp_path / "tokenizer.json")
    tokenizer = Tokenizer(tmp_path / "tokenizer.json")
    reference = cast(Reference, scripted)
    own = reference_asker(reference, lambda _: bundles, tokenizer=tokenizer, stop_token_ids=frozenset())([])
    alone = list(prompt)
    while len(alone) < len(text):
        alone.append(int(scripted.all_logits(alone)[-1].argmax()))
    assert own.tokens == tuple(alone[len(prompt) :])
    assert scripted.passes == passes


def test_a_stop_token_ends_float32s_answer(tmp_path: Path) -> None:
    prompt = (70, 71, 72)
    stop = following(prompt)
    bundles = Answer("", prompt, (stop,))
    write_byte_tokenizer(tmp_path / "tokenizer.json")
    tokenizer = Tokenizer(tmp_path / "tokenizer.json")
    reference = cast(Reference, Scripted(other_at=0))
    own = reference_asker(reference, lambda _: bundles, tokenizer=tokenizer, stop_token_ids=frozenset({stop}))([])
    assert (own.text, own.tokens) == ("", (stop,))


def test_the_threshold_is_calibrated_on_the_questions_whatever_was_measured_before(tmp_path: Path) -> None:
    """The text whose perplexity is measured goes through the same cache as the questions asked before and after it."""
    read: list[tuple[int, ...]] = []

    def script(tokens: Sequence[int]) -> tuple[int, float]:
        read.append(tuple(tokens))
        return TURN_END_ID, 0.9

    model = chatml_model(ScriptedEngine(script), write_byte_tokenizer(tmp_path / "tokenizer.json"))
    ask = asker(model)
    questions, _ = load_set()
    for question in questions[:80]:
        ask(question.messages)
    perplexity(model, [TURN_START_ID, *prose().encode()[:300]])
    for question in questions[80:]:
        answer = ask(question.messages)
        assert read[-1] == answer.prompt


class WrongRows(ScriptedEngine):
    """An engine whose logits are right after the last token of a pass only."""

    def forward(self, tokens: Sequence[int]) -> Step:
        step = super().forward(tokens)
        step.last_logits[:-1] = 0
        return step


def test_wrong_logits_before_the_last_token_show() -> None:
    prompts = [[5, 6, 7, 8, 9, 10]]
    right, wrong = (kind(lambda tokens: (following(tokens), 0.9)) for kind in (ScriptedEngine, WrongRows))
    assert check_float_cache(right, prompts, of="scripted").value == 0
    with pytest.raises(ModelError, match="scripted, prompt in chunks vs at once"):
        check_float_cache(wrong, prompts, of="scripted")


def test_a_stored_model_is_measured_by_its_last_token_and_against_its_twin() -> None:
    engine, twin = (ScriptedEngine(lambda tokens: (following(tokens), 0.9)) for _ in range(2))
    other = ScriptedEngine(lambda tokens: (following(tokens) + 1, 0.9))
    prompts = [[5, 6, 7, 8, 9, 10]]
    assert [one.value for one in check_stored(engine, prompts, model_file=MODEL_ONNX, twin=None)] == [0]
    assert [one.value for one in check_stored(engine, prompts, model_file=MODEL_PTE, twin=twin)] == [0, 0]
    with pytest.raises(ModelError, match="vs the same in PyTorch"):
        check_stored(engine, prompts, model_file=MODEL_PTE, twin=other)
