from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from upcall.cloud_service.admission.auth import ApiKeys, create_key
from upcall.cloud_service.engine import EngineInfo, PromptTooLongError
from upcall.cloud_service.engines.scripted import Script, ScriptedEngine
from upcall.cloud_service.server import ServerOptions
from upcall.cloud_service.testing import BackgroundServer
from upcall.edge_runtime.redaction import sent_sha256
from upcall.protocol.v1 import escalation_pb2 as pb
from upcall.protocol.v1 import escalation_pb2_grpc, redaction_pb2

MakeRequest = Callable[..., pb.GenerateRequest]
CANARY = "zebra-canary-4711"


@contextmanager
def channel(server: BackgroundServer) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.target) as opened:
        yield opened


def refused(
    server: BackgroundServer, request: pb.GenerateRequest, *, key: str = "", timeout: float | None = 10
) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    """Status, details and trailing metadata of a call that must fail."""
    metadata = (("authorization", f"Bearer {key}"),) if key else ()
    with channel(server) as opened:
        stub = escalation_pb2_grpc.EscalationServiceStub(opened)
        with pytest.raises(grpc.RpcError) as caught:
            list(stub.Generate(request, timeout=timeout, metadata=metadata))
        trailing = {entry.key: str(entry.value) for entry in caught.value.trailing_metadata() or ()}
        return caught.value.code(), caught.value.details() or "", trailing


def test_the_events_of_an_answer(make_request: MakeRequest) -> None:
    engine = ScriptedEngine(Script(reply="one two three"))
    with BackgroundServer(engine) as server, channel(server) as opened:
        responses = list(escalation_pb2_grpc.EscalationServiceStub(opened).Generate(make_request()))
    assert [response.sequence for response in responses] == list(range(1, len(responses) + 1))
    events = [response.WhichOneof("event") for response in responses]
    assert events[0] == "started"
    assert set(events[1:-2]) == {"text_delta"}
    assert events[-2:] == ["usage", "completed"]
    assert responses[0].started.model == "scripted"
    assert "".join(response.text_delta.text for response in responses) == "one two three"
    assert responses[-2].usage == pb.Usage(input_tokens=4, output_tokens=3)
    assert responses[-1].completed.finish_reason == pb.FINISH_REASON_STOP


def test_stop_strings_reach_the_engine(make_request: MakeRequest) -> None:
    with BackgroundServer(ScriptedEngine(Script(reply="one two three"))) as server, channel(server) as opened:
        request = make_request(sampling=pb.Sampling(stop=[" three"]))
        responses = list(escalation_pb2_grpc.EscalationServiceStub(opened).Generate(request))
    assert "".join(response.text_delta.text for response in responses) == "one two"


def test_capabilities() -> None:
    info = EngineInfo(model="large", context_length=2048, max_output_tokens=100)
    with BackgroundServer(ScriptedEngine(info=info)) as server, channel(server) as opened:
        offered = escalation_pb2_grpc.EscalationServiceStub(opened).GetCapabilities(pb.GetCapabilitiesRequest())
    model = pb.ModelInfo(alias="large", is_default=True, context_length=2048, max_output_tokens=100)
    assert list(offered.models) == [model]
    assert offered.rules_version
    assert offered.max_request_bytes == 1 << 20


def test_a_key_is_needed_for_every_method(tmp_path: Path, make_request: MakeRequest) -> None:
    key = create_key(tmp_path / "keys", "phone")
    engine = ScriptedEngine()
    with BackgroundServer(engine, keys=ApiKeys.load(tmp_path / "keys")) as server, channel(server) as opened:
        for wrong in ("", key[:-1], key.removeprefix("upc_")):
            status, details, _ = refused(server, make_request(), key=wrong)
            assert status is grpc.StatusCode.UNAUTHENTICATED
            assert key not in details
        stub = escalation_pb2_grpc.EscalationServiceStub(opened)
        with pytest.raises(grpc.RpcError) as caught:
            stub.GetCapabilities(pb.GetCapabilitiesRequest())
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert not engine.started
        assert list(stub.Generate(make_request(), metadata=(("authorization", f"bearer {key}"),)))


def test_a_violation_arrives_as_invalid_argument(make_request: MakeRequest) -> None:
    engine = ScriptedEngine()
    with BackgroundServer(engine) as server:
        status, details, _ = refused(server, make_request(max_output_tokens=0))
    assert (status, details) == (grpc.StatusCode.INVALID_ARGUMENT, "max_output_tokens: must be 1 to 1,024, given 0")
    assert not engine.started


@pytest.mark.parametrize(
    ("method", "broken"),
    [
        ("Generate", b"\xff" + CANARY.encode()),
        ("Generate", b"\x0a\x02\xff\xfe"),  # a string that is not UTF-8
        ("Generate", b"\x0a\x7f"),  # cut off
        ("GetCapabilities", b"\xff" + CANARY.encode()),
    ],
)
def test_broken_bytes_are_an_invalid_argument_with_fixed_text(method: str, broken: bytes) -> None:
    with BackgroundServer(ScriptedEngine()) as server, channel(server) as opened:
        call: grpc.UnaryStreamMultiCallable[bytes, bytes] = opened.unary_stream(
            f"/upcall.protocol.v1.EscalationService/{method}"
        )
        with pytest.raises(grpc.RpcError) as caught:
            list(call(broken, timeout=5))
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert caught.value.details() == "the request is not a well-formed protobuf message"


def test_a_request_above_the_limit_is_refused(make_request: MakeRequest) -> None:
    with BackgroundServer(ScriptedEngine()) as server:
        status, _, _ = refused(server, make_request(model="x" * (1 << 20)))
    assert status is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_the_tripwire_tells_types_and_counts_only(make_request: MakeRequest) -> None:
    engine = ScriptedEngine()
    text = "Mail ann.canary@example.org and bob.canary@example.org, card 4111 1111 1111 1111."
    with BackgroundServer(engine) as server:
        status, details, _ = refused(server, make_request(text))
    assert status is grpc.StatusCode.FAILED_PRECONDITION
    assert details == "messages: private content was not masked (CREDIT_CARD: 1, EMAIL: 2)"
    assert not engine.started


@pytest.mark.parametrize("accepts", [False, True])
def test_what_a_policy_allows_passes_only_where_the_operator_says_so(make_request: MakeRequest, accepts: bool) -> None:
    text = "Mail ann.canary@example.org."
    request = make_request(text)
    request.redaction.allowed_types.extend([redaction_pb2.ENTITY_TYPE_EMAIL, 4711])  # type: ignore[list-item]
    options = ServerOptions(port=0, accepts_allowed=accepts)
    with BackgroundServer(ScriptedEngine(), options=options) as server, channel(server) as opened:
        if accepts:
            assert list(escalation_pb2_grpc.EscalationServiceStub(opened).Generate(request))
            request.messages[0].content += " From 192.0.2.1."
            request.redaction.sent_sha256 = sent_sha256([request.messages[0].content])
        status, details, _ = refused(server, request)
    assert status is grpc.StatusCode.FAILED_PRECONDITION
    assert details.endswith("(IP_ADDRESS: 1)" if accepts else "(EMAIL: 1)")


def test_overload_is_unavailable_with_a_time_to_wait(make_request: MakeRequest) -> None:
    engine = ScriptedEngine(Script(reply="word " * 100, delay_s=0.05))
    options = ServerOptions(port=0, max_waiting=1, grace_s=0)
    with BackgroundServer(engine, options=options) as server, channel(server) as opened:
        stub = escalation_pb2_grpc.EscalationServiceStub(opened)
        running = stub.Generate(make_request())
        assert next(running).WhichOneof("event") == "started"
        waiting = stub.Generate(make_request())
        taken = threading.Thread(target=lambda: [next(waiting), next(waiting)])  # Started and a text
        taken.start()
        time.sleep(0.2)
        status, _, trailing = refused(server, make_request())
        assert status is grpc.StatusCode.UNAVAILABLE
        assert trailing["grpc-retry-pushback-ms"] == "1000"
        assert len(engine.started) == 1
        running.cancel()  # and the waiting one runs
        taken.join(timeout=5)
        assert not taken.is_alive()
        assert len(engine.started) == 2
        waiting.cancel()


def test_the_wait_for_a_slot_leaves_half_of_the_time(make_request: MakeRequest) -> None:
    engine = ScriptedEngine(Script(reply="word " * 100, delay_s=0.05))
    with BackgroundServer(engine) as server, channel(server) as opened:
        running = escalation_pb2_grpc.EscalationServiceStub(opened).Generate(make_request())
        next(running)
        began = time.monotonic()
        status, _, _ = refused(server, make_request(), timeout=1)
        assert status is grpc.StatusCode.UNAVAILABLE
        assert time.monotonic() - began < 0.9
        running.cancel()


def test_the_service_has_a_longest_time_of_its_own(make_request: MakeRequest) -> None:
    engine = ScriptedEngine(Script(reply="word " * 100, delay_s=0.05))
    with BackgroundServer(engine, options=ServerOptions(port=0, max_answer_s=0.3, grace_s=0)) as server:
        status, details, _ = refused(server, make_request(), timeout=None)
    assert (status, details) == (grpc.StatusCode.DEADLINE_EXCEEDED, "the time for one answer is over")
    assert len(engine.aborted) == 1


def test_a_prompt_that_does_not_fit(make_request: MakeRequest) -> None:
    error = PromptTooLongError(tokens=5_000, context_length=4_096)
    with BackgroundServer(ScriptedEngine(Script(fail_after=0, error=error))) as server:
        status, details, _ = refused(server, make_request())
    assert status is grpc.StatusCode.INVALID_ARGUMENT
    assert details == "messages: the prompt has 5,000 tokens, the context holds 4,096"


def test_an_engine_that_stops_is_unavailable(make_request: MakeRequest) -> None:
    with BackgroundServer(ScriptedEngine(Script(fail_after=2))) as server:
        status, details, trailing = refused(server, make_request())
    assert (status, details) == (grpc.StatusCode.UNAVAILABLE, "the engine stopped")
    assert trailing["grpc-retry-pushback-ms"] == "1000"


def test_a_prompt_stands_in_no_log_and_no_status(make_request: MakeRequest, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(messages: object) -> str:
        raise ValueError(f"cannot read {messages} {CANARY}")

    prompt = f"Tell me about {CANARY}."
    seen: list[object] = []
    with caplog.at_level(logging.DEBUG), BackgroundServer(ScriptedEngine(Script(reply=refuse))) as server:
        seen += refused(server, make_request(prompt))
        seen += refused(server, make_request(prompt, sampling=pb.Sampling(stop=[CANARY, ""])))
        seen += refused(server, make_request(f"{prompt} ann@example.org"))
        seen += refused(server, make_request(prompt, model=CANARY))
    assert grpc.StatusCode.INTERNAL in seen
    errors = [record for record in caplog.records if record.name == "upcall.cloud_service.calls"]
    assert len(errors) == 1
    assert errors[0].getMessage() in {f"{details}, ValueError" for details in seen if isinstance(details, str)}
    assert errors[0].exc_info is None
    assert CANARY not in caplog.text + repr(seen) + "".join(server.lines)


def test_many_cancelled_calls_leave_nothing(make_request: MakeRequest) -> None:
    engine = ScriptedEngine(
        Script(reply="word " * 900, delay_s=0.05),
        info=EngineInfo(model="scripted", context_length=4096, max_output_tokens=1024, slots=50),
    )
    with BackgroundServer(engine, options=ServerOptions(port=0, max_waiting=500, grace_s=0)) as server:
        with channel(server) as opened:
            stub = escalation_pb2_grpc.EscalationServiceStub(opened)
            calls = [stub.Generate(make_request()) for _ in range(200)]
            wait_until(lambda: len(engine.started) == 50)
            for call in calls:
                call.cancel()
            wait_until(lambda: server.server.service.running == 0)
        made = engine.tokens_made
        time.sleep(0.2)
        assert engine.tokens_made == made
        assert sorted(engine.aborted) == sorted(engine.started)
        assert not engine.finished


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
