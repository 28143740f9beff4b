"""What client and service write and read: requests, events, refusals, and what a failed call means."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from upcall.cloud_service.answering import responses_of
from upcall.cloud_service.engine import EngineEnd, EngineInfo, EngineText
from upcall.cloud_service.refusal import RefusalError
from upcall.cloud_service.tripwire import Tripwire
from upcall.cloud_service.validation import Limits, engine_request
from upcall.edge_runtime.cloud import CloudQuestion, CloudText, CloudUsage
from upcall.edge_runtime.conversation import FinishReason, Message, Role, SamplingOptions
from upcall.edge_runtime.decision.decide import Place, Reason, RouteDecision, Strategy
from upcall.edge_runtime.errors import EscalationError, EscalationReason
from upcall.edge_runtime.escalation import CloudEndpoint, GrpcCloud, client
from upcall.edge_runtime.escalation.wire import generate_request
from upcall.edge_runtime.redaction import Detector, EntityType, Policy, RedactedMessages, sent_sha256
from upcall.protocol.v1 import escalation_pb2 as pb

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/wire.json").read_text(encoding="utf-8"))
INFO = EngineInfo(**SUITE["service"])


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


def messages_of(values: list[dict[str, str]]) -> tuple[Message, ...]:
    return tuple(Message(Role(value["role"]), value["content"]) for value in values)


def question_of(values: dict[str, Any]) -> CloudQuestion:
    report, decision = values["redaction"], values["decision"]
    messages = messages_of(values["messages"])
    return CloudQuestion(
        request_id=values["request_id"],
        redacted=RedactedMessages(
            messages=messages,
            counts={EntityType(name): count for name, count in report["counts"].items()},
            blocked=frozenset(),
            rules_version=report["rules_version"],
            sent_sha256=sent_sha256(message.content for message in messages),
            policy=Policy.parse(report["policy"]),
        ),
        strategy=Strategy(decision["strategy"]),
        decision=RouteDecision(
            Place.CLOUD, Reason(decision["reason"]), score=decision.get("score"), threshold=decision.get("threshold")
        ),
        sampling=SamplingOptions(**values["sampling"]),
        max_output_tokens=values["max_output_tokens"],
        timeout_ms=60_000,
    )


@pytest.mark.parametrize("case", [case for case in SUITE["requests"] if "question" in case], ids=named)
def test_what_the_device_sends(case: dict[str, Any]) -> None:
    values = case["question"]
    request = generate_request(question_of(values), model=values["model"], client_version=values["client_version"])
    assert request == pb.GenerateRequest.FromString(bytes.fromhex(case["hex"]))
    assert request.SerializeToString(deterministic=True).hex() == case["hex"]


@pytest.mark.parametrize("case", SUITE["requests"], ids=named)
def test_what_the_service_reads(case: dict[str, Any]) -> None:
    request = pb.GenerateRequest.FromString(bytes.fromhex(case["hex"]))
    work = engine_request(request, tenant="phone", run_id="run", info=INFO, limits=Limits())
    Tripwire(Detector(), accepts_allowed=False).check(request)
    expected = case["engine"]
    assert work.messages == messages_of(expected["messages"])
    assert dataclasses.asdict(work.sampling) == expected["sampling"]
    assert list(work.stop) == expected["stop"]
    assert work.max_output_tokens == expected["max_output_tokens"]


@pytest.mark.parametrize("case", SUITE["refused_requests"], ids=named)
def test_what_the_service_refuses(case: dict[str, Any]) -> None:
    request = pb.GenerateRequest.FromString(bytes.fromhex(case["hex"]))
    with pytest.raises(RefusalError) as caught:
        engine_request(request, tenant="phone", run_id="run", info=INFO, limits=Limits())
        Tripwire(Detector(), accepts_allowed=False).check(request)
    assert (caught.value.status.name, caught.value.details) == (case["status"], case["details"])


REFUSALS = {
    "malformed": RefusalError.malformed,
    "unauthenticated": RefusalError.unauthenticated,
    "overloaded": RefusalError.overloaded,
    "draining": RefusalError.draining,
    "engine_stopped": RefusalError.engine_stopped,
    "too_late": RefusalError.too_late,
}


@pytest.mark.parametrize("case", SUITE["refusals"], ids=named)
def test_how_the_service_says_no(case: dict[str, Any]) -> None:
    refusal = REFUSALS[case["name"]]()
    assert (refusal.status.name, refusal.details) == (case["status"], case["details"])
    assert dict(refusal.trailing_metadata).get("grpc-retry-pushback-ms") == case["pushback"]


def test_every_refusal_is_named() -> None:
    assert {case["name"] for case in SUITE["refusals"]} == set(REFUSALS)


def engine_event(values: dict[str, Any]) -> EngineText | EngineEnd:
    if "text" in values:
        return EngineText(values["text"])
    return EngineEnd(FinishReason(values["finish"]), values["input_tokens"], values["output_tokens"])


@pytest.mark.parametrize("case", SUITE["events"], ids=named)
def test_what_the_service_answers(case: dict[str, Any]) -> None:
    responses = responses_of(engine_event(case["event"]))
    assert [response.SerializeToString(deterministic=True).hex() for response in responses] == case["hex"]


@contextmanager
def serving(
    responses: list[bytes], ended: tuple[grpc.StatusCode, str, str | None] | None
) -> Iterator[tuple[str, list[int]]]:
    """A service that sends the same bytes in every call, then ends it; and a list that grows with each call."""
    calls: list[int] = []

    def generate(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        calls.append(len(request))
        yield from responses
        if ended is not None:
            status, details, pushback = ended
            if pushback is not None:
                context.set_trailing_metadata((("grpc-retry-pushback-ms", pushback),))
            context.abort(status, details)

    handler: grpc.RpcMethodHandler[Any, Any] = grpc.unary_stream_rpc_method_handler(generate)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("upcall.protocol.v1.EscalationService", {"Generate": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}", calls
    finally:
        server.stop(0).wait()


def ask(target: str) -> list[CloudText | CloudUsage]:
    question = question_of(next(case for case in SUITE["requests"] if "question" in case)["question"])
    with closing(GrpcCloud(CloudEndpoint(target=target))) as cloud:
        return list(cloud.generate(question))


@pytest.mark.parametrize("case", SUITE["streams"], ids=named)
def test_what_the_device_reads(case: dict[str, Any]) -> None:
    with serving([bytes.fromhex(response) for response in case["hex"]], None) as (target, _):
        if "reason" in case:
            with pytest.raises(EscalationError) as caught:
                ask(target)
            assert caught.value.reason == case["reason"]
            return
        *texts, usage = ask(target)
    assert [text.text for text in texts if isinstance(text, CloudText)] == case["texts"]
    assert isinstance(usage, CloudUsage)
    assert dataclasses.asdict(usage) == case["usage"]


@pytest.mark.parametrize("case", SUITE["failures"], ids=named)
def test_what_a_failed_call_means(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []  # asked for, not slept
    monkeypatch.setattr(client, "time", SimpleNamespace(monotonic=time.monotonic, sleep=pauses.append))
    before = [pb.GenerateResponse(sequence=1, text_delta=pb.TextDelta(text="One")).SerializeToString()]
    ended = (grpc.StatusCode[case["status"]], case["details"], case["pushback"])
    with (
        serving(before if case["has_text"] else [], ended) as (target, calls),
        pytest.raises(EscalationError) as caught,
    ):
        ask(target)
    assert caught.value.reason == case["reason"]
    assert [pause * 1_000 for pause in pauses] == ([] if case["retry_after_ms"] is None else [case["retry_after_ms"]])
    assert len(calls) == len(pauses) + 1, "a call is tried again once, after the pause"


def test_every_reason_and_status_is_met() -> None:
    reasons = {case["reason"] for case in SUITE["failures"] + SUITE["streams"] if "reason" in case}
    assert reasons == set(EscalationReason)
    statuses = {case["status"] for case in SUITE["failures"]}
    assert statuses == {status.name for status in grpc.StatusCode} - {"OK"}
