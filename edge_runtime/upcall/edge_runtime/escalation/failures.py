"""Maps the ways a gRPC call ends to EscalationError, and says which of them may be tried again."""

from __future__ import annotations

import math
import re

import grpc

from upcall.edge_runtime.errors import EscalationError, EscalationReason

_ERROR_ID = re.compile(r"\bid ([0-9a-f]{12})\b")
_MAX_DETAILS = 300
# What a proxy in front of the service says when the service behind it was killed.
_RESET = "RST_STREAM"


def may_retry(error: grpc.RpcError) -> bool:
    """Whether another attempt may work, given that no text has arrived yet.

    CANCELLED counts, because a call that this side cancelled is never asked about.
    """
    status, details = error.code(), error.details() or ""
    if status in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
        return True
    return status is grpc.StatusCode.INTERNAL and _RESET in details


def pushback_s(error: grpc.RpcError) -> float:
    """How long the service asks to wait, in seconds: 0 if it does not say, infinite if it wants no other attempt."""
    for entry in error.trailing_metadata() or ():
        if entry.key == "grpc-retry-pushback-ms":
            return int(entry.value) / 1000 if str(entry.value).isdigit() else math.inf
    return 0.0


def interrupted(address: str) -> EscalationError:
    """The answer began and did not end."""
    return EscalationError(
        f"The answer from {address} was cut off.",
        reason=EscalationReason.INTERRUPTED,
        next_step="ask again, or answer on the device",
    )


def escalation_error(error: grpc.RpcError, *, address: str, model: str, has_text: bool) -> EscalationError:
    """What a failed call means for the user.

    Text from the service is shown only where the protocol fixes what it holds: the refusals that name a field.

    Args:
        error: as raised by gRPC.
        address: who was called.
        model: alias that was asked for; empty for the default.
        has_text: part of the answer had arrived.
    """
    status, details = error.code(), error.details() or ""
    if status is grpc.StatusCode.DEADLINE_EXCEEDED:
        return EscalationError(
            f"{address} did not answer in time.",
            reason=EscalationReason.DEADLINE,
            next_step="allow more time, or answer on the device",
        )
    if has_text:
        return interrupted(address)
    if status in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED) or may_retry(error):
        return EscalationError(
            f"{address} cannot be reached or is busy.",
            reason=EscalationReason.UNAVAILABLE,
            next_step="check that the service runs (upcall cloud), its address and --tls",
        )
    if status in (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INVALID_ARGUMENT):
        return EscalationError(f"{address} refused the request: {_shown(details)}.", reason=EscalationReason.REFUSED)
    if status is grpc.StatusCode.NOT_FOUND:
        return EscalationError(
            f"{address} does not serve the model '{model}'.",
            reason=EscalationReason.REFUSED,
            next_step="leave the model's name out to take the default",
        )
    if status is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return EscalationError(
            f"The request is too large for {address}, or a quota is used up.",
            reason=EscalationReason.REFUSED,
            next_step="shorten the conversation, or ask later",
        )
    if status in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        return EscalationError(
            f"{address} does not accept the API key, or none was given.",
            reason=EscalationReason.UNAUTHENTICATED,
            next_step="make a key where the service runs (upcall cloud key NAME) and set UPCALL_API_KEY to it",
        )
    known_id = _ERROR_ID.search(details)
    return EscalationError(
        f"{address} failed ({status.name}{f', error id {known_id[1]}' if known_id else ''}).",
        reason=EscalationReason.INTERNAL,
        next_step="ask again later; the service's log has the error id" if known_id else "ask again later",
    )


def _shown(details: str) -> str:
    """One printable line, not too long: the service is not trusted with the user's terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in details[:_MAX_DETAILS]).strip().rstrip(".")
