"""The last look for private content before the engine: everything that a client may write freely is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from upcall.cloud_service.refusal import RefusalError
from upcall.edge_runtime.redaction import Detector, EntityType
from upcall.protocol.v1 import escalation_pb2 as pb
from upcall.protocol.v1 import redaction_pb2

_CHECKED = frozenset({"request_id", "model"})  # validation lets pass one form or one value of them only


class Tripwire:
    """Finds private content that a client did not mask.

    Args:
        detector: with the service's own rules.
        accepts_allowed: let through the types that the client says its user's policy allows; by default nothing private.
    """

    def __init__(self, detector: Detector, *, accepts_allowed: bool) -> None:
        self._detector = detector
        self._accepts_allowed = accepts_allowed

    @property
    def rules_version(self) -> str:
        """Of the rules that it applies."""
        return self._detector.rules_version

    def check(self, request: pb.GenerateRequest) -> None:
        """Read a request that keeps to the protocol. Takes time in proportion to its text: not for the event loop.

        Raises:
            RefusalError: something private stands in it; the text names fields, types and counts.
            RedactionError: a rule failed.
        """
        allowed = self._allowed(request)
        found: Counter[str] = Counter()
        fields: dict[str, None] = {}
        for field, text in _texts(request):
            claims = self._detector.claims(text)
            left = self._detector.merge(span for span in claims if span.entity_type not in allowed)
            if left:
                fields[field] = None
                found.update(str(span.entity_type) for span in left)
        if found:
            raise RefusalError.private(fields, found)

    def _allowed(self, request: pb.GenerateRequest) -> frozenset[EntityType]:
        if not self._accepts_allowed:
            return frozenset()
        given = set(request.redaction.allowed_types)
        return frozenset(
            kind for kind in EntityType if redaction_pb2.EntityType.Value(f"ENTITY_TYPE_{kind.value}") in given
        )


def _texts(request: pb.GenerateRequest) -> Iterator[tuple[str, str]]:
    """Every text of a request with the name of its field; of a message, ``messages`` alone.

    Found by the descriptor, so that a field that the protocol gets later is read, too.
    """
    for field, value in request.ListFields():
        if field.name in _CHECKED:
            continue
        for inner, text in _texts_in(field, value):
            yield (field.name if field.name == "messages" else inner), text


def _texts_in(field: FieldDescriptor, value: object) -> Iterator[tuple[str, str]]:
    for each in value if field.is_repeated else (value,):  # type: ignore[attr-defined]  # a container of protobuf's own
        if isinstance(each, str):
            yield field.name, each
        elif isinstance(each, Message):
            for inner, inside in each.ListFields():
                for name, text in _texts_in(inner, inside):
                    yield f"{field.name}.{name}", text
