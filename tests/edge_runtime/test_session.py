from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from upcall.edge_runtime.cloud import CloudQuestion
from upcall.edge_runtime.conversation import MAX_MESSAGE_CHARACTERS, FinishReason, Message, Role
from upcall.edge_runtime.decision.confidence import Signal, Threshold
from upcall.edge_runtime.decision.decide import Place, Reason, Strategy
from upcall.edge_runtime.errors import EngineError, InputError, RedactionError
from upcall.edge_runtime.events import Decided, Done, Event, Failed, Redacted, Restored, Token, Usage
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.edge_runtime.question import AskOptions
from upcall.edge_runtime.redaction import Action, Detector, EntityType, Policy, Span
from upcall.edge_runtime.session import Session
from upcall.edge_runtime.testing import (
    ScriptedCloud,
    ScriptedEngine,
    chatml_model,
    says,
    write_byte_tokenizer,
)

EMAIL = "ann.lee@example.com"
T = TypeVar("T")
Heads = dict[RouterStage, Callable[[NDArray[np.float32]], float]]


@pytest.fixture(scope="module")
def tokenizer_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_byte_tokenizer(tmp_path_factory.mktemp("session") / "tokenizer.json")


@pytest.fixture
def make(tokenizer_path: Path) -> Callable[..., Session]:
    def make_session(
        *,
        local: str = "local answer",
        probability: float = 0.9,
        script: Callable[[Sequence[int]], tuple[int, float]] | None = None,
        signal: Signal = Signal.MEAN_LOG_PROB,
        context_length: int = 4096,
        heads: Heads | None = None,
        **parts: Any,
    ) -> Session:
        engine = ScriptedEngine(
            script or says(tokenizer_path, local, probability=probability), context_length=context_length, heads=heads
        )
        return Session(
            model=chatml_model(engine, tokenizer_path),
            threshold=Threshold(signal, -0.5),
            detector=parts.pop("detector", None) or Detector(),
            **parts,
        )

    return make_session


def user(content: str) -> list[Message]:
    return [Message(Role.USER, content)]


def only(events: Sequence[Event], kind: type[T]) -> T:
    found = [event for event in events if isinstance(event, kind)]
    assert len(found) == 1, [type(event).__name__ for event in events]
    return found[0]


def text_of(events: Sequence[Event], place: Place) -> str:
    return "".join(event.text for event in events if isinstance(event, Token) and event.place is place)


def echo(question: CloudQuestion) -> list[str]:
    """The last message, one character at a time."""
    return list(question.redacted.messages[-1].content)


def test_confident_answer_stays(make: Callable[..., Session]) -> None:
    cloud = ScriptedCloud(echo)
    events = list(make(cloud=cloud).ask(user("Hi")))
    decision = only(events, Decided).decision
    assert (decision.place, decision.reason) == (Place.DEVICE, Reason.CONFIDENT)
    assert decision.score == pytest.approx(-0.105, abs=1e-3)
    assert only(events, Done).answer == text_of(events, Place.DEVICE) == "local answer"
    usage = only(events, Usage)
    assert usage.output_tokens == len("local answer") + 1
    assert usage.time_to_first_token_ms is not None
    assert usage.time_to_first_token_ms <= usage.total_ms
    assert not cloud.questions


def test_unsure_answer_goes_up_masked_and_comes_back_whole(make: Callable[..., Session]) -> None:
    cloud = ScriptedCloud(echo)
    events = list(make(cloud=cloud, probability=0.4).ask(user(f"Write to {EMAIL} and again {EMAIL}.")))
    assert only(events, Decided).decision.reason is Reason.NOT_CONFIDENT
    redacted = only(events, Redacted)
    assert list(redacted.counts.values()) == [1]
    assert EMAIL not in "".join(message.content for message in redacted.messages)
    (question,) = cloud.questions
    assert question.redacted.messages == redacted.messages
    assert only(events, Restored).count == 2
    assert only(events, Done).answer == text_of(events, Place.CLOUD) == f"Write to {EMAIL} and again {EMAIL}."
    order = [type(event) for event in events if not isinstance(event, Token)]
    assert order == [Decided, Redacted, Restored, Usage, Done]


def test_without_a_cloud_nothing_is_redacted(make: Callable[..., Session]) -> None:
    events = list(make(probability=0.4).ask(user(EMAIL)))
    assert only(events, Decided).decision.reason is Reason.NO_CLOUD
    assert only(events, Done).answer == "local answer"


def test_a_placeholder_is_kept_over_turns(make: Callable[..., Session]) -> None:
    cloud = ScriptedCloud(echo)
    session = make(cloud=cloud)
    ask = AskOptions(strategy=Strategy.CLOUD)
    first = list(session.ask(user(f"I am {EMAIL}"), ask))
    history = [*user(f"I am {EMAIL}"), Message(Role.ASSISTANT, only(first, Done).answer), *user(f"Who is {EMAIL}?")]
    second = list(session.ask(history, ask))
    assert only(first, Redacted).masked == only(second, Redacted).masked
    assert only(second, Done).answer == f"Who is {EMAIL}?"


def test_a_blocked_type_never_leaves(make: Callable[..., Session]) -> None:
    cloud = ScriptedCloud(echo)
    session = make(cloud=cloud, probability=0.4, policy=Policy({EntityType.EMAIL: Action.BLOCK}))
    for strategy in (Strategy.CASCADE, Strategy.CLOUD):
        events = list(session.ask(user(f"Hi {EMAIL}"), AskOptions(strategy=strategy)))
        assert only(events, Decided).decision.reason is Reason.PRIVATE
        assert only(events, Done).answer == "local answer"
    assert not cloud.questions


class BrokenDetector(Detector):
    def claims(self, text: str, *, with_names: bool = True) -> tuple[Span, ...]:
        raise RedactionError("The detector broke.")


def test_a_broken_detector_keeps_everything_here(make: Callable[..., Session]) -> None:
    cloud = ScriptedCloud(echo)
    events = list(make(cloud=cloud, detector=BrokenDetector()).ask(user("Hi"), AskOptions(strategy=Strategy.CLOUD)))
    assert only(events, Decided).decision.reason is Reason.DETECTOR_FAILED
    assert only(events, Done).answer == "local answer"
    assert not cloud.questions


@pytest.mark.parametrize("strategy", [Strategy.CASCADE, Strategy.CLOUD])
@pytest.mark.parametrize("fail_after", [0, 3])
@pytest.mark.parametrize("signal", list(Signal))
def test_a_failed_cloud_gives_the_marked_local_answer(
    make: Callable[..., Session], strategy: Strategy, fail_after: int, signal: Signal
) -> None:
    cloud = ScriptedCloud(lambda _: list("abcdef"), fail_after=fail_after)
    session = make(cloud=cloud, probability=0.4, signal=signal)
    events = list(session.ask(user(f"Hi {EMAIL}"), AskOptions(strategy=strategy)))
    decisions = [event.decision for event in events if isinstance(event, Decided)]
    assert [decision.place for decision in decisions] == [Place.CLOUD, Place.DEVICE]
    assert decisions[1].reason is Reason.CLOUD_FAILED
    assert text_of(events, Place.CLOUD) == "abcdef"[:fail_after]
    done = only(events, Done)
    assert done.answer == "local answer"
    assert done.cloud_error is not None
    last_decision = max(index for index, event in enumerate(events) if isinstance(event, Decided))
    assert text_of(events[last_decision:], Place.DEVICE) == "local answer", (
        "what follows the decision is the whole answer"
    )
    masked = only(events, Redacted).masked
    again = list(session.ask(user(f"Hi {EMAIL}"), AskOptions(strategy=strategy)))
    assert only(again, Redacted).masked == masked, "the vault survives"


def test_the_least_log_probability_ends_a_draft_early(make: Callable[..., Session]) -> None:
    events = list(make(cloud=ScriptedCloud(echo), probability=0.4, signal=Signal.MIN_LOG_PROB).ask(user("Hi")))
    assert len(text_of(events, Place.DEVICE)) == 1
    assert only(events, Done).answer == "Hi"


def test_closing_cancels_the_cloud(make: Callable[..., Session]) -> None:
    cloud = ScriptedCloud(lambda _: ["x"] * 100)
    stream = make(cloud=cloud).ask(user("Hi"), AskOptions(strategy=Strategy.CLOUD))
    while not isinstance(next(stream), Token):
        pass
    stream.close()
    assert cloud.cancelled_count == 1


def test_closing_stops_the_engine_and_the_session_goes_on(make: Callable[..., Session]) -> None:
    session = make()
    stream = session.ask(user("Hi"))
    while not isinstance(next(stream), Token):
        pass
    stream.close()
    assert only(list(session.ask(user("Hi again"))), Done).answer == "local answer"


def test_the_prompt_is_fed_once(tokenizer_path: Path) -> None:
    engine = ScriptedEngine(says(tokenizer_path, "yes"))
    session = Session(
        model=chatml_model(engine, tokenizer_path),
        threshold=None,
        detector=Detector(),
    )
    list(session.ask(user("a long first message " * 20)))
    before = engine.forwarded_tokens
    list(session.ask([*user("a long first message " * 20), Message(Role.ASSISTANT, "yes"), *user("and?")]))
    assert engine.forwarded_tokens - before < 60


def test_a_device_that_fails_calls(make: Callable[..., Session]) -> None:
    def fail(_: Sequence[int]) -> tuple[int, float]:
        raise EngineError("Out of memory.")

    events = list(make(cloud=ScriptedCloud(echo), script=fail).ask(user("Hi")))
    assert only(events, Decided).decision.reason is Reason.LOCAL_FAILED
    assert only(events, Done).answer == "Hi"
    assert isinstance(only(list(make(script=fail).ask(user("Hi"))), Failed).error, EngineError)


def test_when_both_fail_the_error_says_why(make: Callable[..., Session]) -> None:
    def fail(_: Sequence[int]) -> tuple[int, float]:
        raise EngineError("Out of memory.")

    cloud = ScriptedCloud(echo, fail_after=0)
    events = list(make(cloud=cloud, script=fail).ask(user("Hi")))
    assert "scripted cloud failed" in only(events, Failed).error.problem


def test_a_conversation_beyond_the_context_goes_up_or_fails_clearly(make: Callable[..., Session]) -> None:
    long = user("word " * 100)
    assert only(list(make(cloud=ScriptedCloud(echo), context_length=64).ask(long)), Done).answer == "word " * 100
    error = only(list(make(context_length=64).ask(long)), Failed).error
    assert "tokens" in error.problem
    assert error.next_step


def test_output_limit(make: Callable[..., Session]) -> None:
    done = only(list(make().ask(user("Hi"), AskOptions(max_output_tokens=5))), Done)
    assert (done.answer, done.finish_reason) == ("local", FinishReason.LENGTH)


def test_threshold_of_the_question_outweighs_the_bundle(make: Callable[..., Session]) -> None:
    events = list(make(cloud=ScriptedCloud(echo), probability=0.4).ask(user("Hi"), AskOptions(threshold=-9.0)))
    assert only(events, Decided).decision.place is Place.DEVICE


@pytest.mark.parametrize("content", ["", " \n", "x" * (MAX_MESSAGE_CHARACTERS + 1), "\udc80broken"])
def test_bad_messages_are_refused(content: str) -> None:
    with pytest.raises(InputError) as error:
        Message(Role.USER, content)
    assert "broken" not in str(error.value)


def test_bad_conversations_are_refused_at_once(make: Callable[..., Session]) -> None:
    with pytest.raises(InputError):
        make().ask([])
    with pytest.raises(InputError):
        AskOptions(max_output_tokens=0)


def test_nothing_private_in_any_repr(make: Callable[..., Session]) -> None:
    canary = "canary-9131@example.com"
    session = make(cloud=ScriptedCloud(echo), probability=0.4)
    events = list(session.ask(user(f"I am {canary}")))
    assert canary in only(events, Done).answer
    assert canary not in repr(events) + repr(session.__dict__) + repr(user(canary))


@pytest.mark.parametrize(("said", "reason"), [(-0.2, Reason.CONFIDENT), (-0.7, Reason.NOT_CONFIDENT)])
def test_a_router_head_decides(make: Callable[..., Session], said: float, reason: Reason) -> None:
    seen: list[NDArray[np.float32]] = []

    def head(features: NDArray[np.float32]) -> float:
        seen.append(features)
        return said

    session = make(cloud=ScriptedCloud(echo), signal=Signal.ROUTER_POST, heads={RouterStage.POST: head})
    decision = only(list(session.ask(user("Hi"))), Decided).decision
    assert (decision.reason, decision.score) == (reason, said)
    (features,) = seen
    mean_log_prob, log_output_tokens, is_complete = features[[0, 5, 6]]
    assert mean_log_prob == pytest.approx(np.log(0.9), abs=1e-4)
    assert log_output_tokens == pytest.approx(np.log(len("local answer") + 1), abs=1e-4)
    assert is_complete == 1


@pytest.mark.parametrize(("said", "reason"), [(-0.2, Reason.CONFIDENT), (-0.7, Reason.NOT_CONFIDENT)])
def test_a_router_head_decides_before_the_answer(make: Callable[..., Session], said: float, reason: Reason) -> None:
    seen: list[NDArray[np.float32]] = []

    def head(features: NDArray[np.float32]) -> float:
        seen.append(features)
        return said

    session = make(cloud=ScriptedCloud(echo), signal=Signal.ROUTER_PRE, heads={RouterStage.PRE: head})
    events = list(session.ask(user("Hi")))
    assert (only(events, Decided).decision.reason, only(events, Decided).decision.score) == (reason, said)
    first_log_prob, log_input_tokens = seen[0][[0, 3]]
    assert first_log_prob == pytest.approx(np.log(0.9), abs=1e-4)
    assert np.exp(log_input_tokens) == pytest.approx(len("<user\nHi>\n<assistant\n"), abs=1e-3)
    drafted = "".join(event.text for event in events if isinstance(event, Token) and event.place is Place.DEVICE)
    assert drafted == ("local answer" if reason is Reason.CONFIDENT else "l"), (
        "a question that leaves is not answered here"
    )


def test_a_cloud_that_fails_leaves_the_draft_that_was_not_finished(make: Callable[..., Session]) -> None:
    cloud = ScriptedCloud(echo, fail_after=0)
    session = make(cloud=cloud, signal=Signal.ROUTER_PRE, heads={RouterStage.PRE: lambda _: -9.0})
    assert only(list(session.ask(user("Hi"))), Done).answer == "local answer"


@pytest.mark.parametrize("signal", [Signal.ROUTER_PRE, Signal.ROUTER_POST])
def test_a_router_head_that_fails_speaks_for_no_answer_but_loses_none(
    make: Callable[..., Session], signal: Signal
) -> None:
    cloud = ScriptedCloud(echo, fail_after=0)
    events = list(make(cloud=cloud, signal=signal).ask(user("Hi")))
    assert [event.decision.reason for event in events if isinstance(event, Decided)] == [
        Reason.NOT_CONFIDENT,
        Reason.CLOUD_FAILED,
    ]
    assert only(events, Done).answer == "local answer"


def test_without_a_threshold_a_cascade_drafts_nothing(tokenizer_path: Path) -> None:
    engine = ScriptedEngine(says(tokenizer_path, "local answer"))
    cloud = ScriptedCloud(lambda _: ["far"])
    session = Session(model=chatml_model(engine, tokenizer_path), threshold=None, detector=Detector(), cloud=cloud)
    events = list(session.ask("Hi"))
    assert only(events, Done).answer == "far"
    assert engine.forwarded_tokens == 0
    assert list(session.ask("Hi", AskOptions(threshold=-0.5)))[-1].answer == "local answer"  # type: ignore[union-attr]


@pytest.mark.parametrize("said", [-0.1, -2.0])
def test_a_router_head_is_asked_once(make: Callable[..., Session], said: float) -> None:
    asked: list[NDArray[np.float32]] = []

    def head(features: NDArray[np.float32]) -> float:
        asked.append(features)
        return said

    cloud = ScriptedCloud(lambda _: ["far"], fail_after=0)
    session = make(signal=Signal.ROUTER_PRE, heads={RouterStage.PRE: head}, cloud=cloud)
    assert only(list(session.ask("Hi")), Done).answer == "local answer"
    assert len(asked) == 1


def test_speed_is_that_of_generation_whatever_a_failed_call_took(make: Callable[..., Session]) -> None:
    def slow(_: CloudQuestion) -> list[str]:
        time.sleep(0.3)
        return ["far"]

    session = make(probability=0.5, cloud=ScriptedCloud(slow, fail_after=0))
    usage = only(list(session.ask("Hi")), Usage)
    alone = only(list(make(probability=0.5).ask("Hi")), Usage)
    assert usage.lost_ms >= 300
    assert alone.lost_ms == 0
    assert usage.time_to_first_token_ms is not None
    assert usage.time_to_first_token_ms < 300 <= usage.total_ms
    assert usage.tokens_per_s is not None
    assert usage.tokens_per_s < 1e5, "a draft that is only repeated is not made again"


def test_a_call_before_any_draft_is_lost_time_too(make: Callable[..., Session]) -> None:
    def slow(_: CloudQuestion) -> list[str]:
        time.sleep(0.2)
        return ["far"]

    session = make(cloud=ScriptedCloud(slow, fail_after=0))
    usage = only(list(session.ask("Hi", AskOptions(strategy=Strategy.CLOUD))), Usage)
    assert usage.place is Place.DEVICE
    assert usage.lost_ms >= 200
    assert usage.time_to_first_token_ms is not None
    assert usage.time_to_first_token_ms < 200
