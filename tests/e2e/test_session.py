"""The main job on real models: ask on the device, decide, mask, call up, restore."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.service import CLOUD_MODEL, Service
from upcall.edge_runtime import (
    AskOptions,
    CloudEndpoint,
    Decided,
    Done,
    Message,
    Place,
    Reason,
    Redacted,
    Role,
    Session,
    Strategy,
    Token,
    Usage,
    open_session,
)
from upcall.edge_runtime.events import Event
from upcall.edge_runtime.redaction import Vault

pytestmark = pytest.mark.weights

EMAIL = "ann.lee@example.com"
LONG = [Message(Role.USER, "Explain in many paragraphs how a bicycle stays upright.")]
NAMED = [Message(Role.USER, f"Reply with exactly this address and nothing else: {EMAIL}")]
CLOUD = AskOptions(strategy=Strategy.CLOUD, max_output_tokens=1000, cloud_timeout_ms=600_000)


@pytest.fixture
def open_for(device_bundle: Path) -> Iterator[Callable[..., Session]]:
    sessions = []

    def make(service: Service, vault: Vault | None = None) -> Session:
        cloud = CloudEndpoint(target=service.target, api_key=service.api_key)
        sessions.append(open_session(bundle_path=device_bundle, cloud=cloud, vault=vault))
        return sessions[-1]

    yield make
    for session in sessions:
        session.close()


def done(events: list[Event]) -> Done:
    assert isinstance(events[-1], Done), events[-1]
    return events[-1]


def test_local_answer(device_bundle: Path) -> None:
    session = open_session(bundle_path=device_bundle)
    events = list(session.ask([Message(Role.USER, "What is the capital of France?")], AskOptions(max_output_tokens=40)))
    session.close()
    assert "Paris" in done(events).answer
    usage = next(event for event in events if isinstance(event, Usage))
    assert usage.place is Place.DEVICE
    assert usage.input_tokens > 10


def test_masked_on_the_way_up_and_restored_on_the_way_down(service: Service, open_for: Callable[..., Session]) -> None:
    session = open_for(service)
    session = open_for(service, vault=Vault(nonce="k7"))  # by chance, a model this small leaves a bracket out
    events = list(session.ask(NAMED, CLOUD))
    redacted = next(event for event in events if isinstance(event, Redacted))
    assert EMAIL not in "".join(message.content for message in redacted.messages)
    assert EMAIL in done(events).answer
    assert done(events).decision.place is Place.CLOUD


def test_a_service_killed_in_mid_stream_gives_the_marked_local_answer(
    start_service: Callable[..., Service], open_for: Callable[..., Session]
) -> None:
    service = start_service("--model", CLOUD_MODEL)
    session = open_for(service)
    events = []
    for event in session.ask(LONG, CLOUD):
        events.append(event)
        if isinstance(event, Token) and event.place is Place.CLOUD and service.process.poll() is None:
            service.kill()
    decisions = [event.decision for event in events if isinstance(event, Decided)]
    assert [(decision.place, decision.reason) for decision in decisions] == [
        (Place.CLOUD, Reason.STRATEGY),
        (Place.DEVICE, Reason.CLOUD_FAILED),
    ]
    error = done(events).cloud_error
    assert error is not None
    assert getattr(error, "reason", "") == "interrupted"
    assert len(done(events).answer) > 100
    assert done(events).decision.place is Place.DEVICE


def test_a_cloud_that_is_down_gives_the_marked_local_answer(
    start_service: Callable[..., Service], open_for: Callable[..., Session]
) -> None:
    service = start_service("--engine", "scripted")
    session = open_for(service)
    list(session.ask(NAMED, AskOptions(strategy=Strategy.CLOUD, max_output_tokens=20)))
    service.kill()
    before = dict(session.vault.values)
    events = list(session.ask(NAMED, AskOptions(strategy=Strategy.CLOUD, max_output_tokens=20)))
    assert done(events).decision.reason is Reason.CLOUD_FAILED
    assert done(events).answer
    assert dict(session.vault.values) == before, "the vault survives"


def test_cancelling_stops_the_engine(service: Service, open_for: Callable[..., Session]) -> None:
    stream = open_for(service).ask(LONG, CLOUD)
    while not isinstance(next(stream), Token):
        pass
    assert _spent(service, seconds=2.0) > 0.3, "an engine that does not work cannot be seen to stop"
    stream.close()
    # The whole answer would take 20 s and more.
    assert any(_spent(service, seconds=1.0) < 0.1 for _ in range(8)), "the engine still works"


def _spent(service: Service, *, seconds: float) -> float:
    """Processor time that the service takes in a while."""
    before = service.cpu_seconds()
    time.sleep(seconds)
    return service.cpu_seconds() - before
