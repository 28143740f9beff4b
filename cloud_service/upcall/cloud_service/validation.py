"""From a request on the wire to one for the engine: every rule of the protocol, checked before anything else happens."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from upcall.cloud_service.engine import EngineInfo, EngineRequest
from upcall.cloud_service.refusal import RefusalError
from upcall.edge_runtime.conversation import SAMPLING_RANGES, Message, Role, SamplingOptions, as_conversation
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction import sent_sha256
from upcall.protocol.v1 import escalation_pb2 as pb

_ROLES = {pb.Role.Value(f"ROLE_{role.name}"): role for role in Role}
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
    sampling, stop = _sampling(request.sampling), _stop(request.sampling)
    tokens = _max_output_tokens(request, info, limits)
    _check_redaction(request)
    return EngineRequest(
        request_id=run_id,
        tenant=tenant,
        messages=messages,
        sampling=sampling,
        max_output_tokens=tokens,
        stop=stop,
    )


def _check_request_id(text: str) -> None:
    try:
        parsed = uuid.UUID(text)
    except ValueError:
        parsed = uuid.UUID(int=0)
    if parsed.version != 4 or str(parsed) != text.lower():
        raise RefusalError.invalid("request_id", "must be a UUID4 in its usual text form")


def _messages(request: pb.GenerateRequest, limits: Limits) -> tuple[Message, ...]:
    """The conversation, by the rules that hold on the device, too."""
    if len(request.messages) > limits.max_messages:
        raise RefusalError.invalid("messages", f"must be at most {limits.max_messages}, given {len(request.messages)}")
    messages = []
    for index, message in enumerate(request.messages):
        role = _ROLES.get(message.role)
        if role is None:
            raise RefusalError.invalid(f"messages[{index}].role", "must be system, user or assistant")
        with _refused(f"messages[{index}].content"):
            messages.append(Message(role=role, content=message.content))
    with _refused("messages"):
        return as_conversation(messages)


def _sampling(sampling: pb.Sampling) -> SamplingOptions:
    given: dict[str, Any] = {}
    for name, (low, high) in SAMPLING_RANGES.items():
        if sampling.HasField(name):  # type: ignore[arg-type]  # the names are the protocol's
            value = getattr(sampling, name)
            # On the wire a number has 32 bits, and the nearest one to an end may lie beyond it.
            given[name] = next((end for end in (low, high) if value == _as_float32(end)), value)
            with _refused(f"sampling.{name}"):
                SamplingOptions(**{name: given[name]})
    return SamplingOptions(**given)


def _stop(sampling: pb.Sampling) -> tuple[str, ...]:
    stop = tuple(sampling.stop)
    if len(stop) > _MAX_STOP_STRINGS:
        raise RefusalError.invalid("sampling.stop", f"must be at most {_MAX_STOP_STRINGS}, given {len(stop)}")
    for index, text in enumerate(stop):
        if not 1 <= len(text) <= _MAX_STOP_CHARACTERS:
            raise RefusalError.invalid(f"sampling.stop[{index}]", f"must be 1 to {_MAX_STOP_CHARACTERS} characters")
    return stop


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


@contextmanager
def _refused(field: str) -> Iterator[None]:
    """Turn what the device's rules say, which is never content, into a refusal that names the field."""
    try:
        yield
    except InputError as error:
        allowed = f" Allowed: {error.allowed}." if error.allowed else ""
        raise RefusalError.invalid(field, f"{error.problem}{allowed}") from None


def _as_float32(value: float) -> float:
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return rounded
