from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from upcall.edge_runtime.redaction import sent_sha256
from upcall.protocol.v1 import escalation_pb2 as pb
from upcall.protocol.v1 import redaction_pb2

MakeRequest = Callable[..., pb.GenerateRequest]


@pytest.fixture
def make_request() -> MakeRequest:
    """A valid request; keywords replace fields, and the redaction report fits the messages unless it is given."""

    def make(text: str = "What is a bicycle?", **fields: Any) -> pb.GenerateRequest:
        messages = fields.pop("messages", [pb.Message(role=pb.ROLE_USER, content=text)])
        report = redaction_pb2.RedactionReport(
            rules_version="1", sent_sha256=sent_sha256([message.content for message in messages])
        )
        defaults: dict[str, Any] = {"request_id": str(uuid.uuid4()), "redaction": report}
        return pb.GenerateRequest(messages=messages, **(defaults | fields))

    return make
