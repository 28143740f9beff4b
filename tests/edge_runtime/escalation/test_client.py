from __future__ import annotations

import logging
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import closing, contextmanager
from typing import Any

import grpc
import pytest

from upcall.cloud_service.admission.auth import ApiKeys
from upcall.cloud_service.engines.scripted import Script, ScriptedEngine
from upcall.cloud_service.testing import BackgroundServer
from upcall.edge_runtime.cloud import CloudQuestion, CloudText, CloudUsage
from upcall.edge_runtime.conversation import FinishReason, Message, Role, SamplingOptions
from upcall.edge_runtime.decision.decide import Place, Reason, RouteDecision, Strategy
from upcall.edge_runtime.errors import EscalationError
from upcall.edge_runtime.escalation import CloudEndpoint, GrpcCloud
from upcall.edge_runtime.redaction import RedactedMessages, sent_sha256
from upcall.protocol.v1 import escalation_pb2 as pb

LONG = "word " * 200


def question(
    text: str = "What is a bicycle?", *, timeout_ms: int = 10_000, max_output_tokens: int = 300
) -> CloudQuestion:
    redacted = RedactedMessages(
        messages=(Message(Role.USER, text),),
        counts={},
        blocked=frozenset(),
        rules_version="1",
        sent_sha256=sent_sha256([text]),
    )
    return CloudQuestion(
        request_id=str(uuid.uuid4()),
        redacted=redacted,
        strategy=Strategy.CLOUD,
        decision=RouteDecision(place=Place.CLOUD, reason=Reason.STRATEGY),
        sampling=SamplingOptions(),
        max_output_tokens=max_output_tokens,
        timeout_ms=timeout_ms,
    )


@contextmanager
def client(target: str, **options: Any) -> Iterator[GrpcCloud]:
    with closing(GrpcCloud(CloudEndpoint(target=target, **options))) as cloud:
        yield cloud


def ask(cloud: GrpcCloud, asked: CloudQuestion | None = None) -> tuple[str, CloudUsage]:
    *texts, usage = cloud.generate(asked or question())
    assert isinstance(usage, CloudUsage)
    return "".join(part.text for part in texts if isinstance(part, CloudText)), usage


def wait_until(condition: Callable[[], bool], *, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_an_answer_arrives_whole() -> None:
    engine = ScriptedEngine(Script(reply="A bicycle has two wheels."))
    with BackgroundServer(engine) as server, client(server.target) as cloud:
        text, usage = ask(cloud)
        assert cloud.address == server.target
        assert text == "A bicycle has two wheels."
        assert usage == CloudUsage(input_tokens=4, output_tokens=5, finish_reason=FinishReason.STOP)
        assert ask(cloud, question(max_output_tokens=2))[1].finish_reason is FinishReason.LENGTH
        wait_until(lambda: server.server.service.counts["OK"] == 2)
    assert len(engine.finished) == 2
    assert not engine.aborted
    assert server.lines == [
        f"upcall cloud: ready on {server.target}, model scripted",
        "upcall cloud: stopped, calls: 2 OK",
    ]


def test_closing_the_generator_stops_the_engine() -> None:
    engine = ScriptedEngine(Script(reply=LONG, delay_s=0.02))
    with BackgroundServer(engine) as server, client(server.target) as cloud:
        parts = cloud.generate(question())
        assert next(parts) == CloudText("word")
        parts.close()
        wait_until(lambda: len(engine.aborted) == 1)
        made = engine.tokens_made
        time.sleep(0.2)
        assert engine.tokens_made == made < 100
        assert server.server.service.counts == {"CANCELLED": 1}


def test_the_deadline_ends_the_answer_and_the_engine() -> None:
    engine = ScriptedEngine(Script(reply=LONG, delay_s=0.02))
    with BackgroundServer(engine) as server, client(server.target) as cloud:
        with pytest.raises(EscalationError, match="in time") as caught:
            ask(cloud, question(timeout_ms=300))
        assert caught.value.reason == "deadline"
        wait_until(lambda: len(engine.aborted) == 1)


def test_a_failure_before_the_first_text_is_tried_again() -> None:
    engine = ScriptedEngine(Script(reply="Now it works.", fail_after=0, failures=1))
    with BackgroundServer(engine) as server, client(server.target) as cloud:
        assert ask(cloud)[0] == "Now it works."
    assert [run.partition(".")[0] for run in engine.started[1:]] == [engine.started[0].partition(".")[0]]


def test_at_most_two_attempts() -> None:
    engine = ScriptedEngine(Script(fail_after=0))
    with BackgroundServer(engine) as server, client(server.target) as cloud:
        with pytest.raises(EscalationError) as caught:
            ask(cloud)
        assert caught.value.reason == "unavailable"
    assert len(engine.started) == 2


def test_the_service_says_how_long_to_wait_and_the_deadline_wins() -> None:
    engine = ScriptedEngine(Script(fail_after=0))
    with BackgroundServer(engine) as server, client(server.target) as cloud:
        began = time.monotonic()
        with pytest.raises(EscalationError) as caught:
            ask(cloud, question(timeout_ms=900))  # it says 1 s
        assert caught.value.reason == "unavailable"
        assert time.monotonic() - began < 0.8
    assert len(engine.started) == 1


def test_a_failure_after_the_first_text_is_not_tried_again() -> None:
    engine = ScriptedEngine(Script(reply=LONG, fail_after=3))
    with BackgroundServer(engine) as server, client(server.target) as cloud:
        with pytest.raises(EscalationError) as caught:
            ask(cloud)
        assert caught.value.reason == "interrupted"
    assert len(engine.started) == 1


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with client(f"127.0.0.1:{unused.getsockname()[1]}") as cloud:
            began = time.monotonic()
            with pytest.raises(EscalationError, match="cannot be reached") as caught:
                ask(cloud)
    assert caught.value.reason == "unavailable"
    assert time.monotonic() - began < 3


def test_a_wrong_key_is_not_tried_again() -> None:
    engine = ScriptedEngine()
    with BackgroundServer(engine, keys=ApiKeys([("phone", bytes(32))])) as server:
        for key in ("", "upc_wrong"):
            with client(server.target, api_key=key) as cloud, pytest.raises(EscalationError) as caught:
                ask(cloud)
            assert caught.value.reason == "unauthenticated"
        assert server.server.service.counts == {"UNAUTHENTICATED": 2}
    assert not engine.started


def test_refusals_name_the_field_and_the_model() -> None:
    with BackgroundServer(ScriptedEngine()) as server:
        with client(server.target) as cloud, pytest.raises(EscalationError, match="max_output_tokens") as caught:
            ask(cloud, question(max_output_tokens=5_000))
        assert caught.value.reason == "refused"
        with client(server.target, model="giant") as cloud, pytest.raises(EscalationError, match="'giant'") as caught:
            ask(cloud)
        assert caught.value.reason == "refused"


def test_what_the_device_missed_is_refused_without_naming_it() -> None:
    with BackgroundServer(ScriptedEngine()) as server, client(server.target) as cloud:
        private = question("Write to canary.person@example.org today.")
        with pytest.raises(EscalationError, match="EMAIL: 1") as caught:
            ask(cloud, private)
    assert caught.value.reason == "refused"
    assert "canary" not in str(caught.value)


def test_an_unexpected_error_shows_an_id_and_no_content(caplog: pytest.LogCaptureFixture) -> None:
    canary = "zebra-canary-4711"
    engine = ScriptedEngine(Script(fail_after=1, error=RuntimeError(f"broke on {canary}")))
    with caplog.at_level(logging.DEBUG), BackgroundServer(engine) as server, client(server.target) as cloud:
        parts = cloud.generate(question(f"Tell me about {canary}."))
        with pytest.raises(EscalationError) as caught:
            list(parts)
    assert caught.value.reason == "interrupted"
    engine = ScriptedEngine(Script(fail_after=0, error=RuntimeError(f"broke on {canary}")))
    with caplog.at_level(logging.DEBUG), BackgroundServer(engine) as server, client(server.target) as cloud:
        asked = question(f"Tell me about {canary}.")
        with pytest.raises(EscalationError, match=r"error id [0-9a-f]{12}") as caught:
            ask(cloud, asked)
    assert caught.value.reason == "internal"
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("upcall")]
    error_id = str(caught.value).partition("error id ")[2][:12]
    assert any(error_id in line and "RuntimeError" in line for line in logged)
    assert canary not in caplog.text + repr(caught.value) + "".join(server.lines)


SERVER_PROGRAM = """
import asyncio
from upcall.cloud_service.engines.scripted import Script, ScriptedEngine
from upcall.cloud_service.server import ServerOptions, serve

engine = ScriptedEngine(Script(reply="word " * 500, delay_s=0.02))
options = ServerOptions(port=0, grace_s=0.5)
asyncio.run(serve(engine, options=options, keys=None, announce=lambda line: print(line, flush=True)))
"""


@contextmanager
def server_process() -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen([sys.executable, "-c", SERVER_PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            ready = process.stdout.readline()
            yield process, ready.partition("ready on ")[2].partition(",")[0]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_service_that_goes_away_in_mid_answer(number: signal.Signals) -> None:
    with server_process() as (process, target), client(target) as cloud:
        parts = cloud.generate(question())
        assert isinstance(next(parts), CloudText)
        process.send_signal(number)
        with pytest.raises(EscalationError) as caught:
            list(parts)
        assert caught.value.reason == "interrupted"
        process.wait(timeout=10)
        if number is signal.SIGTERM:
            assert process.returncode == 0
            assert process.stdout is not None
            assert "stopped, calls: 1 UNAVAILABLE" in process.stdout.read()


@contextmanager
def odd_server(*responses: pb.GenerateResponse | bytes) -> Iterator[str]:
    """Sends the given responses, for streams that our own service never makes."""
    raw = [response if isinstance(response, bytes) else response.SerializeToString() for response in responses]
    generate: grpc.RpcMethodHandler[Any, Any] = grpc.unary_stream_rpc_method_handler(lambda request, context: iter(raw))
    handler = grpc.method_handlers_generic_handler("upcall.protocol.v1.EscalationService", {"Generate": generate})
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


def text(sequence: int, word: str) -> pb.GenerateResponse:
    return pb.GenerateResponse(sequence=sequence, text_delta=pb.TextDelta(text=word))


def completed(sequence: int, reason: int = 1) -> bytes:
    return pb.GenerateResponse(sequence=sequence).SerializeToString() + bytes([0x2A, 2, 0x08, reason])


def test_an_event_of_a_later_version_is_skipped() -> None:
    later = pb.GenerateResponse(sequence=2).SerializeToString() + bytes([0x7A, 2, 0x08, 1])  # field 15, a message
    with odd_server(text(1, "one "), later, text(3, "two"), completed(4, reason=9)) as target, client(target) as cloud:
        answer, usage = ask(cloud)
    assert answer == "one two"
    assert usage.finish_reason is FinishReason.STOP


@pytest.mark.parametrize(
    "responses",
    [
        pytest.param([text(1, "one"), text(3, "two"), completed(4)], id="gap"),
        pytest.param([text(1, "one"), text(2, "two")], id="no Completed"),
        pytest.param([], id="nothing"),
    ],
)
def test_a_stream_with_a_hole_is_interrupted(responses: list[Any]) -> None:
    with odd_server(*responses) as target, client(target) as cloud, pytest.raises(EscalationError) as caught:
        ask(cloud)
    assert caught.value.reason == "interrupted"


def test_another_protocol_is_an_internal_error() -> None:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with client(f"127.0.0.1:{port}") as cloud, pytest.raises(EscalationError, match="UNIMPLEMENTED") as caught:
        ask(cloud)
    server.stop(0).wait()
    assert caught.value.reason == "internal"
