"""Every way in which the service says no. No text of a request is in any of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping

import grpc

from upcall.edge_runtime.errors import UpcallError

_RETRY_PUSHBACK_MS = 1_000


class RefusalError(UpcallError):
    """A typed end of a call.

    Args:
        status: for the client.
        details: shown to the client; holds field names, numbers and types, never content.
        retry_after_ms: when the client may try again; None where trying again is no use.
    """

    name = "refusal"

    def __init__(self, status: grpc.StatusCode, details: str, *, retry_after_ms: int | None = None) -> None:
        super().__init__(details)
        self.status = status
        self.details = details
        self.retry_after_ms = retry_after_ms

    @property
    def trailing_metadata(self) -> tuple[tuple[str, str], ...]:
        """For the end of the call: ``grpc-retry-pushback-ms`` where trying again may help."""
        return () if self.retry_after_ms is None else (("grpc-retry-pushback-ms", str(self.retry_after_ms)),)

    @classmethod
    def invalid(cls, field: str, problem: str) -> RefusalError:
        """A field breaks the protocol."""
        return cls(grpc.StatusCode.INVALID_ARGUMENT, f"{field}: {problem}")

    @classmethod
    def malformed(cls) -> RefusalError:
        """The bytes are not the message that they should be."""
        return cls(grpc.StatusCode.INVALID_ARGUMENT, "the request is not a well-formed protobuf message")

    @classmethod
    def unauthenticated(cls) -> RefusalError:
        """No key, or one that is not known."""
        details = "a known API key is needed in the metadata 'authorization: Bearer KEY'"
        return cls(grpc.StatusCode.UNAUTHENTICATED, details)

    @classmethod
    def unknown_model(cls, known: str) -> RefusalError:
        """The alias is not served here."""
        return cls(grpc.StatusCode.NOT_FOUND, f"model: not served here; served: {known}")

    @classmethod
    def private(cls, fields: Iterable[str], counts: Mapping[str, int]) -> RefusalError:
        """The tripwire found private content."""
        found = ", ".join(f"{entity_type}: {count}" for entity_type, count in sorted(counts.items()))
        details = f"{', '.join(fields)}: private content was not masked ({found})"
        return cls(grpc.StatusCode.FAILED_PRECONDITION, details)

    @classmethod
    def overloaded(cls) -> RefusalError:
        """No room for the request now."""
        return cls(grpc.StatusCode.UNAVAILABLE, "the service is busy", retry_after_ms=_RETRY_PUSHBACK_MS)

    @classmethod
    def draining(cls) -> RefusalError:
        """The service ends; another one, or this one started again, may answer."""
        return cls(grpc.StatusCode.UNAVAILABLE, "the service is stopping", retry_after_ms=_RETRY_PUSHBACK_MS)

    @classmethod
    def engine_stopped(cls) -> RefusalError:
        """The engine stopped in the middle; it is started again."""
        return cls(grpc.StatusCode.UNAVAILABLE, "the engine stopped", retry_after_ms=_RETRY_PUSHBACK_MS)

    @classmethod
    def too_late(cls) -> RefusalError:
        """The longest time for one answer is over."""
        return cls(grpc.StatusCode.DEADLINE_EXCEEDED, "the time for one answer is over")

    @classmethod
    def internal(cls) -> RefusalError:
        """Anything unexpected. The id in the text is random and stands in the log, too."""
        return cls(grpc.StatusCode.INTERNAL, f"internal error, id {secrets.token_hex(6)}")
