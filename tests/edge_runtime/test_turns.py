from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.events import Done, Event
from upcall.edge_runtime.language_model.chat_template import Piece
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.edge_runtime.redaction import Detector
from upcall.edge_runtime.session import Session
from upcall.edge_runtime.testing import (
    TURN_END_ID,
    TURN_START_ID,
    ScriptedEngine,
    chatml_model,
    says,
    write_byte_tokenizer,
)


@pytest.fixture(scope="module")
def tokenizer_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_byte_tokenizer(tmp_path_factory.mktemp("turns") / "tokenizer.json")


@pytest.fixture
def session(tokenizer_path: Path) -> Session:
    engine = ScriptedEngine(says(tokenizer_path, "local answer"))
    return Session(model=chatml_model(engine, tokenizer_path), threshold=None, detector=Detector())


def answer_of(events: Sequence[Event]) -> str:
    assert isinstance(events[-1], Done)
    return events[-1].answer


def test_questions_of_several_threads_wait_their_turn(tokenizer_path: Path) -> None:
    tokenizer = Tokenizer(tokenizer_path)
    letters = {letter: tokenizer.encode([Piece(letter, is_template=False)])[0] for letter in "0123456789"}
    digits = {token: letter for letter, token in letters.items()} | {TURN_START_ID: "|", TURN_END_ID: "|"}

    def spells(tokens: Sequence[int]) -> tuple[int, float]:
        """Repeats the digits of the last question."""
        time.sleep(0)  # lets another thread in
        *_, question, _, said = "".join(digits.get(token, "") for token in tokens).split("|")
        return (letters[question[len(said)]] if len(said) < len(question) else TURN_END_ID), 0.9

    session = Session(model=chatml_model(ScriptedEngine(spells), tokenizer_path), threshold=None, detector=Detector())
    answers: dict[str, str] = {}

    def run(question: str) -> None:
        answers[question] = answer_of(list(session.ask(question)))

    threads = [threading.Thread(target=run, args=(str(number) * 12,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert answers == {str(number) * 12: str(number) * 12 for number in range(6)}


def test_two_questions_of_one_thread_may_alternate(session: Session) -> None:
    first, second = session.ask("One?"), session.ask("Two?")
    for _ in zip(first, second, strict=True):
        pass
    assert answer_of(list(session.ask("Three?"))) == "local answer"


def test_a_question_that_waits_ends_when_the_session_is_closed(session: Session) -> None:
    running = session.ask("Hi")
    next(running)
    failed: list[Exception] = []

    def wait() -> None:
        try:
            list(session.ask("Hi"))
        except InputError as error:
            failed.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    waiting.join(timeout=0.1)
    assert waiting.is_alive()
    session.close()
    waiting.join(timeout=10)
    assert "closed" in str(failed[0])
