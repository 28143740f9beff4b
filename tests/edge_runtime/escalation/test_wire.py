from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from upcall.edge_runtime.cloud import CloudQuestion
from upcall.edge_runtime.conversation import FinishReason, Message, Role, SamplingOptions
from upcall.edge_runtime.decision.decide import Place, Reason, RouteDecision, Strategy
from upcall.edge_runtime.escalation.wire import finish_reason, generate_request, redaction_report, routing_report
from upcall.edge_runtime.redaction import Action, EntityType, Policy, RedactedMessages, sent_sha256
from upcall.protocol.v1 import escalation_pb2 as pb
from upcall.protocol.v1 import redaction_pb2, routing_pb2

QUESTION = CloudQuestion(
    request_id=str(uuid.UUID(int=7, version=4)),
    redacted=RedactedMessages(
        messages=(Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "Hello.")),
        counts={EntityType.EMAIL: 2},
        blocked=frozenset(),
        rules_version="3",
        sent_sha256=sent_sha256(["Be brief.", "Hello."]),
    ),
    strategy=Strategy.CASCADE,
    decision=RouteDecision(place=Place.CLOUD, reason=Reason.NOT_CONFIDENT, score=-1.5, threshold=-0.5),
    sampling=SamplingOptions(temperature=0.5, seed=2**64 - 1),
    max_output_tokens=9,
    timeout_ms=1_000,
)


def test_all_of_a_question_is_sent() -> None:
    request = generate_request(QUESTION, model="large", client_version="0.1.0")
    assert request == pb.GenerateRequest(
        request_id="00000000-0000-4000-8000-000000000007",
        model="large",
        messages=[
            pb.Message(role=pb.ROLE_SYSTEM, content="Be brief."),
            pb.Message(role=pb.ROLE_USER, content="Hello."),
        ],
        sampling=pb.Sampling(temperature=0.5, top_p=1, top_k=0, min_p=0, repetition_penalty=1, seed=2**64 - 1),
        max_output_tokens=9,
        redaction=redaction_pb2.RedactionReport(
            rules_version="3",
            counts=[redaction_pb2.EntityCount(entity_type=redaction_pb2.ENTITY_TYPE_EMAIL, count=2)],
            sent_sha256=sent_sha256(["Be brief.", "Hello."]),
            policy_version="1",
        ),
        routing=routing_pb2.RoutingReport(
            strategy=routing_pb2.STRATEGY_CASCADE,
            reasons=[routing_pb2.REASON_CODE_NOT_CONFIDENT],
            score=-1.5,
            threshold=-0.5,
        ),
        client=pb.ClientInfo(name="upcall-python", version="0.1.0"),
    )


def test_the_policy_is_sent_by_version_with_what_it_allows() -> None:
    policy = Policy({EntityType.SECRET: Action.BLOCK, EntityType.EMAIL: Action.ALLOW})
    report = redaction_report(replace(QUESTION.redacted, policy=policy))
    assert report.policy_version == policy.version != Policy().version
    assert list(report.allowed_types) == [redaction_pb2.ENTITY_TYPE_EMAIL]


def test_a_knob_at_zero_is_sent() -> None:
    sampling = generate_request(QUESTION, model="", client_version="0").sampling
    assert sampling.HasField("top_k")
    assert sampling.HasField("min_p")


def test_absent_numbers_stay_absent() -> None:
    report = routing_report(Strategy.CLOUD, RouteDecision(place=Place.CLOUD, reason=Reason.STRATEGY))
    assert not report.HasField("score")
    assert not report.HasField("threshold")


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("strategy", list(Strategy))
def test_every_reason_and_strategy_has_a_name_on_the_wire(reason: Reason, strategy: Strategy) -> None:
    report = routing_report(strategy, RouteDecision(place=Place.CLOUD, reason=reason))
    assert report.reasons[0] != routing_pb2.REASON_CODE_UNSPECIFIED
    assert report.strategy != routing_pb2.STRATEGY_UNSPECIFIED


@pytest.mark.parametrize("entity_type", list(EntityType))
def test_every_entity_type_has_a_name_on_the_wire(entity_type: EntityType) -> None:
    assert redaction_pb2.EntityType.Value(f"ENTITY_TYPE_{entity_type.value}")


def test_finish_reasons() -> None:
    assert finish_reason(pb.Completed(finish_reason=pb.FINISH_REASON_LENGTH)) is FinishReason.LENGTH
    assert finish_reason(pb.Completed(finish_reason=pb.FINISH_REASON_STOP)) is FinishReason.STOP
    assert finish_reason(pb.Completed()) is FinishReason.STOP
