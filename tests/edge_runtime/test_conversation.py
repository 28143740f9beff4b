from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from upcall.edge_runtime.conversation import Message, Role, SamplingOptions
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.events import Done, Event
from upcall.edge_runtime.question import AskOptions
from upcall.edge_runtime.redaction import Detector
from upcall.edge_runtime.session import Session
from upcall.edge_runtime.testing import (
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


@pytest.mark.parametrize("given", [[("user", "x")], 5, None, ["text"], [Message(Role.USER, "x"), 5]])
def test_what_is_no_conversation_is_named(session: Session, given: Any) -> None:
    with pytest.raises(InputError, match=r"is of type (tuple|int|NoneType|str)"):
        session.ask(given)


def test_a_text_and_a_role_by_name_are_taken(session: Session) -> None:
    assert answer_of(list(session.ask("Hi"))) == "local answer"
    assert answer_of(list(session.ask([Message("user", "Hi")]))) == "local answer"  # type: ignore[arg-type]
    assert Message("system", "x").role is Role.SYSTEM  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "make_wrong",
    [
        lambda: Message(Role.USER, 5),  # type: ignore[arg-type]
        lambda: Message("somebody", "x"),  # type: ignore[arg-type]
        lambda: Message(None, "x"),  # type: ignore[arg-type]
        lambda: AskOptions(max_output_tokens="5"),  # type: ignore[arg-type]
        lambda: AskOptions(strategy="elsewhere"),  # type: ignore[arg-type]
        lambda: AskOptions(threshold="-1"),  # type: ignore[arg-type]
        lambda: SamplingOptions(temperature="hot"),  # type: ignore[arg-type]
        lambda: SamplingOptions(seed=1.5),  # type: ignore[arg-type]
    ],
)
def test_options_of_another_type_are_named(make_wrong: Callable[[], object]) -> None:
    with pytest.raises(InputError, match="Allowed"):
        make_wrong()
