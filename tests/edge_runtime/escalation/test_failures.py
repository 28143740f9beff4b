from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from upcall.edge_runtime.escalation.failures import escalation_error, may_retry, pushback_s


class Ended(grpc.RpcError):
    """The end of a call, as gRPC raises it."""

    def __init__(self, status: grpc.StatusCode, details: str = "", pushback: str | None = None) -> None:
        super().__init__()
        self._status = status
        self._details = details
        self._pushback = pushback

    def code(self) -> grpc.StatusCode:
        return self._status

    def details(self) -> str:
        return self._details

    def trailing_metadata(self) -> Any:
        return (
            None if self._pushback is None else (SimpleNamespace(key="grpc-retry-pushback-ms", value=self._pushback),)
        )


@pytest.mark.parametrize(
    ("error", "allowed"),
    [
        (Ended(grpc.StatusCode.UNAVAILABLE), True),
        (Ended(grpc.StatusCode.CANCELLED), True),
        (Ended(grpc.StatusCode.INTERNAL, "Received RST_STREAM with error code 2"), True),
        (Ended(grpc.StatusCode.INTERNAL, "internal error, id 0123456789ab"), False),
        (Ended(grpc.StatusCode.DEADLINE_EXCEEDED), False),
        (Ended(grpc.StatusCode.INVALID_ARGUMENT), False),
        (Ended(grpc.StatusCode.UNAUTHENTICATED), False),
    ],
)
def test_what_is_tried_again(error: Ended, allowed: bool) -> None:
    assert may_retry(error) is allowed


@pytest.mark.parametrize(("given", "seconds"), [(None, 0.0), ("250", 0.25), ("-1", math.inf), ("x", math.inf)])
def test_pushback(given: str | None, seconds: float) -> None:
    assert pushback_s(Ended(grpc.StatusCode.UNAVAILABLE, pushback=given)) == seconds


@pytest.mark.parametrize(
    ("status", "has_text", "reason"),
    [
        (grpc.StatusCode.DEADLINE_EXCEEDED, True, "deadline"),
        (grpc.StatusCode.UNAVAILABLE, False, "unavailable"),
        (grpc.StatusCode.UNAVAILABLE, True, "interrupted"),
        (grpc.StatusCode.INTERNAL, True, "interrupted"),
        (grpc.StatusCode.INTERNAL, False, "internal"),
        (grpc.StatusCode.UNKNOWN, False, "internal"),
        (grpc.StatusCode.PERMISSION_DENIED, False, "unauthenticated"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, False, "refused"),
        (grpc.StatusCode.FAILED_PRECONDITION, False, "refused"),
    ],
)
def test_reasons(status: grpc.StatusCode, has_text: bool, reason: str) -> None:
    error = escalation_error(Ended(status), address="127.0.0.1:1", model="", has_text=has_text)
    assert error.reason == reason
    assert "127.0.0.1:1" in str(error)


@pytest.mark.parametrize(
    "status", [s for s in grpc.StatusCode if s.name not in ("FAILED_PRECONDITION", "INVALID_ARGUMENT")]
)
def test_free_text_of_a_service_is_not_passed_on(status: grpc.StatusCode) -> None:
    error = escalation_error(Ended(status, "canary"), address="a:1", model="", has_text=False)
    assert "canary" not in str(error)


def test_a_refusal_cannot_write_to_the_terminal() -> None:
    ended = Ended(grpc.StatusCode.INVALID_ARGUMENT, "messages: bad\x1b[2J\n" + "x" * 5_000)
    error = escalation_error(ended, address="a:1", model="", has_text=False)
    assert "\x1b" not in str(error)
    assert len(str(error)) < 400
