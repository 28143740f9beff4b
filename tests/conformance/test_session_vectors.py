"""The order of a session: which events come, what leaves, what is cut off. The engine and the cloud are the scripted ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.refusals import refused
from upcall.edge_runtime.budget import Allowance, Budget
from upcall.edge_runtime.cloud import CloudQuestion
from upcall.edge_runtime.conversation import Message
from upcall.edge_runtime.decision.budget import Bucket, CallPrices
from upcall.edge_runtime.decision.confidence import Signal, Threshold
from upcall.edge_runtime.decision.device_state import DeviceState
from upcall.edge_runtime.errors import (
    EngineError,
    EscalationError,
    EscalationReason,
    RedactionError,
    UpcallError,
)
from upcall.edge_runtime.events import Approve, Decided, Done, Event, Failed, Redacted, Restored, Token, Usage
from upcall.edge_runtime.language_model.engine import RouterStage, Step
from upcall.edge_runtime.question import AskOptions
from upcall.edge_runtime.redaction import Detector, Policy, Span, Vault
from upcall.edge_runtime.session import Session
from upcall.edge_runtime.testing import ScriptedCloud, ScriptedEngine, chatml_model, says, write_byte_tokenizer

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/session.json").read_text())
TOLERANCE = 1e-5


class FailingDetector(Detector):
    def claims(self, text: str, *, with_names: bool = True) -> tuple[Span, ...]:
        raise RedactionError("The detector failed.")


def _messages(given: Sequence[Mapping[str, str]]) -> tuple[Message, ...]:
    return tuple(Message(one["role"], one["content"]) for one in given)  # type: ignore[arg-type]  # a name is taken


def _plain(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": one.role, "content": one.content} for one in messages]


class FailingEngine(ScriptedEngine):
    """Fails at the token after so many that it was asked for one by one."""

    passes = 0
    fails_after_tokens = 0

    def forward(self, tokens: Sequence[int]) -> Step:
        if len(tokens) == 1:
            self.passes += 1
            if self.passes >= self.fails_after_tokens:
                raise EngineError("The scripted engine failed.")
        return super().forward(tokens)


def _engine(device: Mapping[str, Any], tokenizer: Path) -> ScriptedEngine:
    heads: dict[RouterStage, Callable[..., float]] = {
        RouterStage(stage): lambda _, value=value: value for stage, value in device.get("heads", {}).items()
    }
    engine = (FailingEngine if "fails_after_tokens" in device else ScriptedEngine)(
        says(tokenizer, device["says"], probability=device["probability"]),
        context_length=device.get("context_length", 4096),
        heads=heads,
    )
    if isinstance(engine, FailingEngine):
        engine.fails_after_tokens = device["fails_after_tokens"]
    return engine


def _cloud(given: Mapping[str, Any], sent: list[Any]) -> ScriptedCloud:
    def reply(question: CloudQuestion) -> Sequence[str]:
        sent.append(_plain(question.redacted.messages))
        return given["says"]  # type: ignore[no-any-return]

    return ScriptedCloud(
        reply,
        fail_after=given.get("fails_after_pieces"),
        reason=EscalationReason(given.get("reason", "unavailable")),
    )


class StandingMonitor:
    def __init__(self, state: DeviceState) -> None:
        self._state = state

    def read(self) -> DeviceState:
        return self._state


def _budget(given: Mapping[str, float], path: Path) -> Budget:
    budget = Budget(path, now_s=lambda: 0.0)
    calls, money = given.get("calls_per_day"), given.get("money_per_day")
    budget.write(
        Allowance(
            calls=None if calls is None else Bucket.full(calls, now_s=0.0),
            money=None if money is None else Bucket.full(money, now_s=0.0),
            prices=CallPrices(per_call=given.get("price_per_call", 0.0)),
        )
    )
    return budget


def _approve(answers: Sequence[Any], shown: list[Any]) -> Approve:
    rest = list(answers)

    def approve(redacted: Redacted) -> Sequence[Message] | None:
        shown.append(_plain(redacted.messages))
        match rest.pop(0):
            case "as_shown":
                return redacted.messages
            case "declined":
                return None
            case edited:
                return _messages(edited)

    return approve


def _error(error: UpcallError) -> dict[str, str]:
    reason = {"reason": str(error.reason)} if isinstance(error, EscalationError) else {}
    return {"error": error.name, **reason}


def _told(event: Event) -> dict[str, Any]:
    match event:
        case Decided(decision=decision):
            score = {} if decision.score is None else {"score": decision.score}
            return {"event": "decided", "place": str(decision.place), "reason": str(decision.reason), **score}
        case Redacted():
            return {
                "event": "redacted",
                "messages": _plain(event.messages),
                "masked": {placeholder: str(kind) for placeholder, kind in event.masked.items()},
            }
        case Token():
            return {"event": "token", "place": str(event.place), "text": event.text}
        case Restored():
            return {"event": "restored", "count": event.count, "altered_count": event.altered_count}
        case Usage():
            return {
                "event": "usage",
                "place": str(event.place),
                "input_tokens": event.input_tokens,
                "output_tokens": event.output_tokens,
                "is_call_lost": event.lost_ms > 0,
            }
        case Done():
            cloud_error = {} if event.cloud_error is None else {"cloud_error": _error(event.cloud_error)}
            return {
                "event": "done",
                "answer": event.answer,
                "finish_reason": str(event.finish_reason),
                **cloud_error,
            }
        case Failed():
            return {"event": "failed", **_error(event.error)}


def _told_all(session: Session, question: Mapping[str, Any], approve: Approve | None) -> list[dict[str, Any]]:
    """The events of one question, neighbouring tokens of one place joined."""
    told: list[dict[str, Any]] = []
    leave_at = question.get("leave_at")
    options = AskOptions(**question.get("options", {}))
    with closing(session.ask(_messages(question["messages"]), options, approve=approve)) as events:
        for event in events:
            one = _told(event)
            if told and one["event"] == told[-1]["event"] == "token" and one["place"] == told[-1]["place"]:
                told[-1]["text"] += one["text"]
            else:
                told.append(one)
            if leave_at and all(one.get(key) == value for key, value in leave_at.items()):
                break
    return told


def _is_close(told: dict[str, Any], expected: dict[str, Any]) -> bool:
    scores = told.get("score"), expected.get("score")
    if None in scores:
        return told == expected
    return {**told, "score": 0} == {**expected, "score": 0} and scores[0] == pytest.approx(scores[1], abs=TOLERANCE)


@pytest.mark.parametrize("case", SUITE["session"], ids=lambda case: case["name"])
def test_session(case: dict[str, Any], tmp_path: Path) -> None:
    engine = _engine(case["device"], tokenizer := write_byte_tokenizer(tmp_path / "tokenizer.json"))
    sent: list[Any] = []
    budget = _budget(case["budget"], tmp_path / "budget.json") if "budget" in case else None
    cloud = _cloud(case["cloud"], sent) if "cloud" in case else None
    given = case.get("threshold")
    session = Session(
        model=chatml_model(engine, tokenizer),
        threshold=Threshold(Signal(given["signal"]), given["value"]) if given else None,
        detector=FailingDetector() if case.get("does_detector_fail") else Detector(),
        policy=Policy.parse(case.get("policy", {}), unread_script=case.get("unread_script", "allow")),
        cloud=cloud,
        vault=Vault(nonce="k7"),
        monitor=StandingMonitor(DeviceState(**case["state"])) if "state" in case else None,
        budget=budget,
    )
    for question in case["questions"]:
        expect = question["expect"]
        sent.clear()
        shown: list[Any] = []
        forwarded = engine.forwarded_tokens
        cancelled = cloud.cancelled_count if cloud else 0
        approve = _approve(question["approvals"], shown) if "approvals" in question else None
        if "error" in expect:
            with refused(expect["error"]):
                _told_all(session, question, approve)
            assert not sent
            continue
        told = _told_all(session, question, approve)
        assert len(told) == len(expect["events"])
        for one, expected in zip(told, expect["events"], strict=True):
            assert _is_close(one, expected), (one, expected)
        assert sent == expect.get("sent", [])
        assert shown == expect.get("shown", [])
        assert (engine.forwarded_tokens > forwarded) == expect["is_device_asked"]
        assert (cloud.cancelled_count - cancelled if cloud else 0) == expect.get("cancelled_count", 0)
        if budget is not None:
            left = budget.read()
            assert (left.calls.left if left.calls else None) == expect.get("calls_left")
            assert (left.money.left if left.money else None) == pytest.approx(expect.get("money_left"))
