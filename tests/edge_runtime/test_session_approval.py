"""What leaves is what the user has seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from upcall.edge_runtime.cloud import CloudQuestion
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.decision.confidence import Signal, Threshold
from upcall.edge_runtime.decision.decide import Place, Reason, Strategy
from upcall.edge_runtime.errors import EngineError
from upcall.edge_runtime.events import Decided, Done, Event, Failed, Redacted, Token
from upcall.edge_runtime.question import AskOptions
from upcall.edge_runtime.redaction import PLACEHOLDER_INSTRUCTION, Action, Detector, EntityType, Policy, Vault
from upcall.edge_runtime.session import Session
from upcall.edge_runtime.testing import (
    ScriptedCloud,
    ScriptedEngine,
    chatml_model,
    says,
    write_byte_tokenizer,
)

EMAIL = "ann.lee@example.com"
ASKED = [Message(Role.USER, f"Write to {EMAIL}")]
CLOUD = AskOptions(strategy=Strategy.CLOUD)
Edit = Callable[[Sequence[Message]], Sequence[Message] | None]


@pytest.fixture(scope="module")
def tokenizer_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_byte_tokenizer(tmp_path_factory.mktemp("approval") / "tokenizer.json")


@pytest.fixture
def make(tokenizer_path: Path) -> Callable[..., Session]:
    def make_session(*, probability: float = 0.9, **parts: Any) -> Session:
        def broken(tokens: Sequence[int]) -> tuple[int, float]:
            raise EngineError("No memory.")

        script = says(tokenizer_path, "local answer", probability=probability) if probability else broken
        return Session(
            model=chatml_model(ScriptedEngine(script), tokenizer_path),
            threshold=Threshold(Signal.MEAN_LOG_PROB, -0.5),
            detector=Detector(),
            vault=Vault(nonce="k7"),
            **parts,
        )

    return make_session


class Asked:
    """An ``Approve`` that does what it is told, in turn, and keeps what it was shown."""

    def __init__(self, *edits: Edit) -> None:
        self._edits = edits
        self.shown: list[Redacted] = []

    def __call__(self, departure: Redacted) -> Sequence[Message] | None:
        self.shown.append(departure)
        return self._edits[min(len(self.shown), len(self._edits)) - 1](departure.messages)


def as_shown(messages: Sequence[Message]) -> Sequence[Message]:
    return messages


def decline(messages: Sequence[Message]) -> None:
    return None


def last(text: str) -> Edit:
    return lambda messages: [*messages[:-1], Message(Role.USER, text)]


def echo(question: CloudQuestion) -> list[str]:
    return list(question.redacted.messages[-1].content)


def done(events: Sequence[Event]) -> Done:
    found = [event for event in events if isinstance(event, Done)]
    assert len(found) == 1, events
    return found[0]


def reasons(events: Sequence[Event]) -> list[Reason]:
    return [event.decision.reason for event in events if isinstance(event, Decided)]


def sent(cloud: ScriptedCloud) -> list[str]:
    (question,) = cloud.questions
    return [message.content for message in question.redacted.messages]


def test_what_was_shown_is_sent(make: Callable[..., Session]) -> None:
    cloud, approve = ScriptedCloud(echo), Asked(as_shown)
    events = list(make(cloud=cloud).ask(ASKED, CLOUD, approve=approve))
    assert done(events).answer == f"Write to {EMAIL}"
    (shown,) = approve.shown
    assert [message.content for message in shown.messages] == sent(cloud)
    assert [event for event in events if isinstance(event, Redacted)] == [shown]
    assert shown.masked == {"[[EMAIL_1_k7]]": EntityType.EMAIL}


@pytest.mark.parametrize("probability", [0.9, 0.2])
@pytest.mark.parametrize("strategy", [Strategy.CLOUD, Strategy.CASCADE])
def test_declined_gives_the_marked_local_answer(
    make: Callable[..., Session], strategy: Strategy, probability: float
) -> None:
    cloud, approve = ScriptedCloud(echo), Asked(decline)
    session = make(cloud=cloud, probability=probability)
    events = list(session.ask(ASKED, AskOptions(strategy=strategy), approve=approve))
    is_sure = strategy is Strategy.CASCADE and probability > 0.5
    assert reasons(events) == [Reason.CONFIDENT if is_sure else Reason.DECLINED]
    assert len(approve.shown) == (not is_sure), "who is not asked to send anything is not shown anything"
    assert done(events).answer == "local answer"
    assert "".join(event.text for event in events if isinstance(event, Token)) == "local answer"
    assert not cloud.questions and not [event for event in events if isinstance(event, Redacted)]


def test_declined_without_a_local_answer_fails(make: Callable[..., Session]) -> None:
    cloud = ScriptedCloud(echo)
    events = list(make(cloud=cloud, probability=0).ask(ASKED, approve=Asked(decline)))
    assert reasons(events) == [Reason.DECLINED]
    assert isinstance(events[-1], Failed) and not cloud.questions


def test_an_edit_is_sent_as_it_is(make: Callable[..., Session]) -> None:
    cloud, approve = ScriptedCloud(echo), Asked(last("Greet [[EMAIL_1_k7]] for me"))
    events = list(make(cloud=cloud).ask(ASKED, CLOUD, approve=approve))
    assert sent(cloud) == [PLACEHOLDER_INSTRUCTION, "Greet [[EMAIL_1_k7]] for me"]
    assert len(approve.shown) == 1
    assert done(events).answer == f"Greet {EMAIL} for me"
    assert cloud.questions[0].redacted.counts == {EntityType.EMAIL: 1}


def test_an_edit_is_searched_again_and_shown_again(make: Callable[..., Session]) -> None:
    cloud, approve = ScriptedCloud(echo), Asked(last(f"{EMAIL} or bob@example.com"), as_shown)
    events = list(make(cloud=cloud).ask(ASKED, CLOUD, approve=approve))
    assert sent(cloud)[-1] == "[[EMAIL_1_k7]] or [[EMAIL_2_k7]]"
    assert [shown.messages[-1].content for shown in approve.shown] == ["Write to [[EMAIL_1_k7]]", sent(cloud)[-1]]
    assert done(events).answer == f"{EMAIL} or bob@example.com"


def test_an_edit_may_drop_the_instruction_and_the_value(make: Callable[..., Session]) -> None:
    cloud = ScriptedCloud(echo)
    list(make(cloud=cloud).ask(ASKED, CLOUD, approve=Asked(lambda messages: [Message(Role.USER, "Hello")])))
    assert sent(cloud) == ["Hello"]
    assert cloud.questions[0].redacted.counts == {}


def test_an_edit_that_blocks_stays(make: Callable[..., Session]) -> None:
    cloud = ScriptedCloud(echo)
    session = make(cloud=cloud, policy=Policy({EntityType.SECRET: Action.BLOCK}))
    events = list(session.ask(ASKED, CLOUD, approve=Asked(last("password: hunter22"))))
    assert reasons(events) == [Reason.PRIVATE]
    assert done(events).answer == "local answer" and not cloud.questions


def test_a_planted_placeholder_in_an_edit_never_gets_a_value(make: Callable[..., Session]) -> None:
    cloud = ScriptedCloud(echo)
    approve = Asked(last("[[EMAIL_2_k7]] and bob@example.com"), as_shown)
    events = list(make(cloud=cloud).ask(ASKED, CLOUD, approve=approve))
    assert sent(cloud)[-1] == "[[EMAIL_2_k7]] and [[EMAIL_3_k7]]"
    assert done(events).answer == "[[EMAIL_2_k7]] and bob@example.com"


@pytest.mark.parametrize(
    "edit",
    [
        lambda messages: messages[:0],
        lambda messages: [*messages, messages[-1].content],
        lambda _: [Message(Role.ASSISTANT, "x")],
    ],
)
def test_an_edit_that_is_no_conversation_stays_here(make: Callable[..., Session], edit: Edit) -> None:
    cloud = ScriptedCloud(echo)
    events = list(make(cloud=cloud).ask(ASKED, CLOUD, approve=Asked(edit)))
    assert reasons(events) == [Reason.DECLINED]
    assert done(events).answer == "local answer"
    assert not cloud.questions


def test_a_program_that_never_agrees_ends(make: Callable[..., Session]) -> None:
    cloud, approve = ScriptedCloud(echo), Asked(last(f"again {EMAIL}"))
    events = list(make(cloud=cloud).ask(ASKED, CLOUD, approve=approve))
    assert reasons(events) == [Reason.DECLINED]
    assert len(approve.shown) == 100 and not cloud.questions


def test_nothing_is_asked_where_nothing_may_leave(make: Callable[..., Session]) -> None:
    approve = Asked(as_shown)
    list(make().ask(ASKED, CLOUD, approve=approve))
    list(make(cloud=ScriptedCloud(echo)).ask(ASKED, AskOptions(strategy=Strategy.LOCAL), approve=approve))
    assert not approve.shown


def test_a_cloud_that_fails_after_the_yes(make: Callable[..., Session]) -> None:
    cloud = ScriptedCloud(echo, fail_after=2)
    events = list(make(cloud=cloud, probability=0.2).ask(ASKED, approve=Asked(as_shown)))
    assert reasons(events) == [Reason.NOT_CONFIDENT, Reason.CLOUD_FAILED]
    assert done(events).decision.place is Place.DEVICE
