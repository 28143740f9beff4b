"""Between the runtime's own types and those of ``upcall.protocol.v1``: enum values have the same names in both."""

from __future__ import annotations

from upcall.edge_runtime.cloud import CloudQuestion
from upcall.edge_runtime.conversation import FinishReason, Message, SamplingOptions
from upcall.edge_runtime.decision.decide import RouteDecision, Strategy
from upcall.edge_runtime.redaction import RedactedMessages
from upcall.protocol.v1 import escalation_pb2, redaction_pb2, routing_pb2

_CLIENT_NAME = "upcall-python"
_FINISH = {
    escalation_pb2.FINISH_REASON_STOP: FinishReason.STOP,
    escalation_pb2.FINISH_REASON_LENGTH: FinishReason.LENGTH,
}


def generate_request(question: CloudQuestion, *, model: str, client_version: str) -> escalation_pb2.GenerateRequest:
    """The question as it is sent.

    Args:
        question: already redacted.
        model: alias at the service; empty takes its default.
        client_version: of this program.
    """
    return escalation_pb2.GenerateRequest(
        request_id=question.request_id,
        model=model,
        messages=[_message(message) for message in question.redacted.messages],
        sampling=_sampling(question.sampling),
        max_output_tokens=question.max_output_tokens,
        redaction=redaction_report(question.redacted),
        routing=routing_report(question.strategy, question.decision),
        client=escalation_pb2.ClientInfo(name=_CLIENT_NAME, version=client_version),
    )


def redaction_report(redacted: RedactedMessages) -> redaction_pb2.RedactionReport:
    """Types and counts of what was masked, by which rules and policy, and the hash of what is left."""
    counts = [
        redaction_pb2.EntityCount(
            entity_type=redaction_pb2.EntityType.Value(f"ENTITY_TYPE_{entity_type.value}"), count=count
        )
        for entity_type, count in redacted.counts.items()
    ]
    return redaction_pb2.RedactionReport(
        rules_version=redacted.rules_version,
        counts=counts,
        sent_sha256=redacted.sent_sha256,
        policy_version=redacted.policy.version,
        allowed_types=[
            redaction_pb2.EntityType.Value(f"ENTITY_TYPE_{entity_type.value}")
            for entity_type in redacted.policy.allowed
        ],
    )


def routing_report(strategy: Strategy, decision: RouteDecision) -> routing_pb2.RoutingReport:
    """Why the device calls, in numbers."""
    return routing_pb2.RoutingReport(
        strategy=routing_pb2.Strategy.Value(f"STRATEGY_{strategy.name}"),
        reasons=[routing_pb2.ReasonCode.Value(f"REASON_CODE_{decision.reason.name}")],
        score=decision.score,
        threshold=decision.threshold,
    )


def finish_reason(completed: escalation_pb2.Completed) -> FinishReason:
    """Why the answer ended; a reason that this version does not know counts as the model's own end."""
    return _FINISH.get(completed.finish_reason, FinishReason.STOP)


def _message(message: Message) -> escalation_pb2.Message:
    role = escalation_pb2.Role.Value(f"ROLE_{message.role.name}")
    return escalation_pb2.Message(role=role, content=message.content)


def _sampling(options: SamplingOptions) -> escalation_pb2.Sampling:
    return escalation_pb2.Sampling(
        temperature=options.temperature,
        top_p=options.top_p,
        top_k=options.top_k,
        min_p=options.min_p,
        repetition_penalty=options.repetition_penalty,
        seed=options.seed,
    )
