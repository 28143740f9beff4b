"""The device's state and the budget in whole questions, beyond proto/vectors/session.json."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from upcall.edge_runtime.budget import Allowance, Budget
from upcall.edge_runtime.conversation import Message
from upcall.edge_runtime.decision.budget import Bucket
from upcall.edge_runtime.decision.confidence import Signal, Threshold
from upcall.edge_runtime.decision.decide import Reason, Strategy
from upcall.edge_runtime.decision.device_state import DeviceState, Network
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.events import Decided, Done, Redacted
from upcall.edge_runtime.question import AskOptions
from upcall.edge_runtime.redaction import Detector
from upcall.edge_runtime.session import Session
from upcall.edge_runtime.testing import ScriptedCloud, ScriptedEngine, chatml_model, says, write_byte_tokenizer

CLOUD = AskOptions(strategy=Strategy.CLOUD)


class Monitor:
    def __init__(self, state: DeviceState) -> None:
        self.state = state
        self.read_count = 0

    def read(self) -> DeviceState:
        self.read_count += 1
        return self.state


class LocalCloud(ScriptedCloud):
    address = "127.0.0.1:50051"


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Session]:
    def make_session(**parts: object) -> Session:
        tokenizer = write_byte_tokenizer(tmp_path / "tokenizer.json")
        model = chatml_model(ScriptedEngine(says(tokenizer, "local answer", probability=0.4)), tokenizer)
        threshold = Threshold(Signal.MEAN_LOG_PROB, -0.5)
        return Session(model=model, threshold=threshold, detector=Detector(), **parts)  # type: ignore[arg-type]  # any part

    return make_session


def one_call(path: Path) -> Budget:
    budget = Budget(path, now_s=lambda: 0.0)
    budget.write(Allowance(calls=Bucket.full(1, now_s=0.0)))
    return budget


def reasons(session: Session, options: AskOptions = CLOUD) -> list[Reason]:
    return [event.decision.reason for event in session.ask("Hi", options) if isinstance(event, Decided)]


def test_a_cloud_on_this_machine_needs_no_network(make: Callable[..., Session]) -> None:
    offline = Monitor(DeviceState(network=Network.OFFLINE))
    assert reasons(make(cloud=LocalCloud(lambda _: ["Hi"]), monitor=offline)) == [Reason.STRATEGY]
    assert reasons(make(cloud=ScriptedCloud(lambda _: ["Hi"]), monitor=offline)) == [Reason.OFFLINE]


def test_the_state_is_read_once_a_question_and_told(make: Callable[..., Session]) -> None:
    monitor = Monitor(DeviceState(battery_percent=50))
    session = make(cloud=ScriptedCloud(lambda _: ["Hi"], fail_after=0), monitor=monitor)
    told = [event.given.device for event in session.ask("Hi") if isinstance(event, Decided)]
    assert told == [monitor.state, monitor.state]
    assert monitor.read_count == 1


def test_a_budget_that_another_program_spends_meanwhile(make: Callable[..., Session], tmp_path: Path) -> None:
    budget = one_call(tmp_path / "budget.json")
    cloud = ScriptedCloud(lambda _: ["Hi"])

    def spend(redacted: Redacted) -> Sequence[Message]:
        assert Budget(tmp_path / "budget.json", now_s=lambda: 0.0).reserve(input_tokens=1, output_tokens=1) is not None
        return redacted.messages

    events = list(make(cloud=cloud, budget=budget).ask("Hi", CLOUD, approve=spend))
    assert [event.decision.reason for event in events if isinstance(event, Decided)] == [Reason.OVER_BUDGET]
    assert [event.answer for event in events if isinstance(event, Done)] == ["local answer"]
    assert not cloud.questions


def test_a_budget_that_cannot_be_read_counts_as_spent(make: Callable[..., Session], tmp_path: Path) -> None:
    (tmp_path / "budget.json").write_text("?")
    session = make(cloud=ScriptedCloud(lambda _: ["Hi"]), budget=Budget(tmp_path / "budget.json"))
    assert reasons(session) == [Reason.OVER_BUDGET]


def test_two_sessions_share_one_budget(make: Callable[..., Session], tmp_path: Path) -> None:
    one_call(tmp_path / "budget.json")
    sessions = [
        make(cloud=ScriptedCloud(lambda _: ["Hi"]), budget=Budget(tmp_path / "budget.json", now_s=lambda: 0.0))
        for _ in range(2)
    ]
    assert [reasons(session) for session in sessions] == [[Reason.STRATEGY], [Reason.OVER_BUDGET]]


@pytest.mark.parametrize("level", [-0.1, 1.1, float("nan"), "high", True])
def test_a_quality_level_that_is_none(level: float) -> None:
    with pytest.raises(InputError, match="quality level"):
        AskOptions(quality_level=level)
