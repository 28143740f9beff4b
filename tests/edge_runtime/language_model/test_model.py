from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import pytest

from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.errors import EngineError
from upcall.edge_runtime.language_model.model import PREFILL_CHUNK_TOKENS, LanguageModel, shared_beginning
from upcall.edge_runtime.testing import ScriptedEngine, chatml_model, write_byte_tokenizer


@pytest.mark.parametrize(
    ("one", "other", "shared"), [([], [], 0), ([1, 2], [1, 2, 3], 2), ([1, 2], [1, 3], 1), ([1], [2], 0)]
)
def test_shared_beginning(one: list[int], other: list[int], shared: int) -> None:
    assert shared_beginning(one, other) == shared


@pytest.fixture(scope="module")
def tokenizer_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_byte_tokenizer(tmp_path_factory.mktemp("model") / "tokenizer.json")


def last_token(tokens: Sequence[int]) -> tuple[int, float]:
    """A script by which the next token tells the whole text: a wrong cache gives a wrong token."""
    return hash(tuple(tokens)) % 256, 0.9


def step_of(model: LanguageModel, tokens: Sequence[int]) -> int:
    *chunks, step = model.read(tokens)
    assert chunks == [None] * len(chunks)
    assert step is not None
    return int(step.logits.argmax())


def test_texts_are_read_as_they_are_whatever_was_read_before(tokenizer_path: Path) -> None:
    model = chatml_model(ScriptedEngine(last_token), tokenizer_path)
    for text in ([1, 2, 3], [1, 2, 3, 4], [1, 2], [9], [1, 2, 3, 4], [1, 2, 3, 4], list(range(200)) * 4):
        assert step_of(model, text) == last_token(text)[0]


def test_what_is_held_is_not_read_again(tokenizer_path: Path) -> None:
    engine = ScriptedEngine(last_token)
    model = chatml_model(engine, tokenizer_path)
    step_of(model, range(100))
    step_of(model, [*range(100), 7])
    assert engine.forwarded_tokens == 101


def test_a_long_text_comes_in_chunks(tokenizer_path: Path) -> None:
    model = chatml_model(ScriptedEngine(last_token), tokenizer_path)
    assert len(list(model.read([1] * (2 * PREFILL_CHUNK_TOKENS + 1)))) == 3


def test_another_hand_on_the_engine_is_an_error_and_then_forgotten(tokenizer_path: Path) -> None:
    engine = ScriptedEngine(last_token)
    model = chatml_model(engine, tokenizer_path)
    step_of(model, [1, 2, 3])
    engine.forward([4])
    with pytest.raises(EngineError, match="something else wrote"):
        step_of(model, [1, 2, 3, 5])
    assert step_of(model, [1, 2, 3, 5]) == last_token([1, 2, 3, 5])[0]


def test_after_an_error_nothing_is_believed_of_the_cache(tokenizer_path: Path) -> None:
    def fails_once(tokens: Sequence[int]) -> tuple[int, float]:
        if len(tokens) == 3 and not failed:
            failed.append(True)
            raise EngineError("No memory.")
        return last_token(tokens)

    failed: list[bool] = []
    model = chatml_model(ScriptedEngine(fails_once), tokenizer_path)
    step_of(model, [1, 2])
    with pytest.raises(EngineError, match="No memory"):
        step_of(model, [1, 2, 3])
    assert step_of(model, [1, 2, 3]) == last_token([1, 2, 3])[0]


def test_two_answers_may_grow_at_the_same_time(tokenizer_path: Path) -> None:
    def alone(content: str) -> tuple[int, ...]:
        model = chatml_model(ScriptedEngine(last_token), tokenizer_path)
        answer = model.answer([Message(Role.USER, content)], max_output_tokens=20)
        answer.finish()
        return tuple(answer.tokens)

    model = chatml_model(ScriptedEngine(last_token), tokenizer_path)
    first, second = (model.answer([Message(Role.USER, text)], max_output_tokens=20) for text in ("one", "two"))
    for _ in zip_longest(first.text(), second.text()):
        pass
    assert (tuple(first.tokens), tuple(second.tokens)) == (alone("one"), alone("two"))
