"""From a request on the wire to one for the engine: every rule of the protocol, checked before anything else happens."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal

from upcall.cloud_service.engine import EngineInfo, EngineRequest, EngineSampling
from upcall.cloud_service.refusal import RefusalError
from upcall.edge_runtime.conversation import MAX_MESSAGE_CHARACTERS, Message, Role
from upcall.edge_runtime.redaction import sent_sha256
from upcall.protocol.v1 import escalation_pb2 as pb

_ROLES = {pb.ROLE_SYSTEM: Role.SYSTEM, pb.ROLE_USER: Role.USER, pb.ROLE_ASSISTANT: Role.ASSISTANT}
_Knob = Literal["temperature", "top_p", "top_k", "min_p", "repetition_penalty", "seed"]
# Lowest, whether the lowest itself is allowed, highest.
_RANGES: dict[_Knob, tuple[float, bool, float]] = {
    "temperature": (0.0, True, 2.0),
    "top_p": (0.0, False, 1.0),
    "top_k": (0, True, 1_000_000),
    "min_p": (0.0, True, 1.0),
    "repetition_penalty": (0.0, False, 2.0),
    "seed": (0, True, 2**64 - 1),
}
_MAX_STOP_STRINGS = 4
_MAX_STOP_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request.

    Args:
        max_request_bytes: of the whole request on the wire.
        max_messages: of one conversation.
        default_output_tokens: taken where a client gives none, cut to what the engine allows.
    """

    max_request_bytes: int = 1 << 20
    max_messages: int = 256
    default_output_tokens: int = 512


def engine_request(
    request: pb.GenerateRequest, *, tenant: str, run_id: str, info: EngineInfo, limits: Limits
) -> EngineRequest:
    """Check a request and translate it.

    Args:
        request: as received.
        tenant: who asks, from the credentials.
        run_id: becomes the engine's request id.
        info: of the engine that would answer.
        limits: bounds of one request.

    Raises:
        RefusalError: the request breaks a rule; the text names the field.
    """
    _check_request_id(request.request_id)
    if request.model not in ("", info.model):
        raise RefusalError.unknown_model(info.model)
    if request.ByteSize() > limits.max_request_bytes:
        raise RefusalError.invalid("messages", f"larger than {limits.max_request_bytes:,} bytes in all")
    messages = _messages(request, limits)
    sampling = _sampling(request.sampling)
    tokens = _max_output_tokens(request, info, limits)
    _check_redaction(request)
    return EngineRequest(
        request_id=run_id, tenant=tenant, messages=messages, sampling=sampling, max_output_tokens=tokens
    )


def _check_request_id(text: str) -> None:
    try:
        parsed = uuid.UUID(text)
    except ValueError:
        parsed = uuid.UUID(int=0)
    if parsed.version != 4 or str(parsed) != text.lower():
        raise RefusalError.invalid("request_id", "must be a UUID4 in its usual text form")


def _messages(request: pb.GenerateRequest, limits: Limits) -> tuple[Message, ...]:
    if not 1 <= len(request.messages) <= limits.max_messages:
        raise RefusalError.invalid("messages", f"must be 1 to {limits.max_messages}, given {len(request.messages)}")
    messages = []
    for index, message in enumerate(request.messages):
        role = _ROLES.get(message.role)
        if role is None:
            raise RefusalError.invalid(f"messages[{index}].role", "must be system, user or assistant")
        if not message.content.strip():
            raise RefusalError.invalid(f"messages[{index}].content", "must not be empty")
        if len(message.content) > MAX_MESSAGE_CHARACTERS:
            problem = f"must be at most {MAX_MESSAGE_CHARACTERS:,} characters, given {len(message.content):,}"
            raise RefusalError.invalid(f"messages[{index}].content", problem)
        messages.append(Message(role=role, content=message.content))
    if messages[-1].role is not Role.USER:
        raise RefusalError.invalid(f"messages[{len(messages) - 1}].role", "the last message must be the user's")
    return tuple(messages)


def _sampling(sampling: pb.Sampling) -> EngineSampling:
    given: dict[_Knob, float] = {}
    for name, (low, allows_low, high) in _RANGES.items():
        if not sampling.HasField(name):
            continue
        value = getattr(sampling, name)
        # Written so that a value that is not a number fails.
        if not (low <= value <= high and (allows_low or value > low)):
            lowest = f"{low:g}" if allows_low else f"above {low:g}"
            raise RefusalError.invalid(f"sampling.{name}", f"must be {lowest} to {high:g}")
        given[name] = value
    stop = tuple(sampling.stop)
    if len(stop) > _MAX_STOP_STRINGS:
        raise RefusalError.invalid("sampling.stop", f"must be at most {_MAX_STOP_STRINGS}, given {len(stop)}")
    for index, text in enumerate(stop):
        if not 1 <= len(text) <= _MAX_STOP_CHARACTERS:
            raise RefusalError.invalid(f"sampling.stop[{index}]", f"must be 1 to {_MAX_STOP_CHARACTERS} characters")
    return EngineSampling(
        temperature=given.get("temperature", 0.0),
        top_p=given.get("top_p", 1.0),
        top_k=int(given.get("top_k", 0)),
        min_p=given.get("min_p", 0.0),
        repetition_penalty=given.get("repetition_penalty", 1.0),
        seed=int(given.get("seed", 0)),
        stop=stop,
    )


def _max_output_tokens(request: pb.GenerateRequest, info: EngineInfo, limits: Limits) -> int:
    if not request.HasField("max_output_tokens"):
        return min(limits.default_output_tokens, info.max_output_tokens)
    if not 1 <= request.max_output_tokens <= info.max_output_tokens:
        problem = f"must be 1 to {info.max_output_tokens:,}, given {request.max_output_tokens:,}"
        raise RefusalError.invalid("max_output_tokens", problem)
    return request.max_output_tokens


def _check_redaction(request: pb.GenerateRequest) -> None:
    if not request.HasField("redaction"):
        raise RefusalError.invalid("redaction", "is required, with empty counts where nothing was masked")
    if not request.redaction.rules_version:
        raise RefusalError.invalid("redaction.rules_version", "must not be empty")
    if request.redaction.sent_sha256 != sent_sha256([message.content for message in request.messages]):
        raise RefusalError.invalid("redaction.sent_sha256", "does not belong to these messages")
