from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from upcall.cloud_service.refusal import RefusalError
from upcall.cloud_service.tripwire import Tripwire
from upcall.edge_runtime.redaction import Detector
from upcall.protocol.v1 import escalation_pb2 as pb
from upcall.protocol.v1 import redaction_pb2

MakeRequest = Callable[..., pb.GenerateRequest]
EMAIL = "ann.canary@example.org"


def refusal(request: pb.GenerateRequest, *, accepts_allowed: bool = False) -> str:
    with pytest.raises(RefusalError) as caught:
        Tripwire(Detector(), accepts_allowed=accepts_allowed).check(request)
    assert caught.value.status is grpc.StatusCode.FAILED_PRECONDITION
    assert "canary" not in caught.value.details
    return caught.value.details


def passes(request: pb.GenerateRequest, *, accepts_allowed: bool = False) -> bool:
    Tripwire(Detector(), accepts_allowed=accepts_allowed).check(request)
    return True


def test_types_and_counts_only(make_request: MakeRequest) -> None:
    text = f"Mail {EMAIL} and bob.canary@example.org, card 4111 1111 1111 1111."
    assert refusal(make_request(text)) == "messages: private content was not masked (CREDIT_CARD: 1, EMAIL: 2)"


def test_it_looks_behind_escapes(make_request: MakeRequest) -> None:
    assert refusal(make_request(r'{"to": "ann.canary\u0040example.org"}')).endswith("(EMAIL: 1)")


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("sampling.stop", {"sampling": pb.Sampling(stop=["END", f"to {EMAIL}"])}),
        ("client.name", {"client": pb.ClientInfo(name=f"phone of {EMAIL}")}),
        ("client.version", {"client": pb.ClientInfo(version=EMAIL)}),
        ("redaction.rules_version", {"redaction": redaction_pb2.RedactionReport(rules_version=EMAIL)}),
        ("redaction.policy_version", {"redaction": redaction_pb2.RedactionReport(policy_version=EMAIL)}),
    ],
)
def test_every_text_of_a_client_is_read(field: str, given: dict[str, Any], make_request: MakeRequest) -> None:
    assert refusal(make_request(**given)) == f"{field}: private content was not masked (EMAIL: 1)"


def test_all_fields_are_named_once(make_request: MakeRequest) -> None:
    request = make_request(EMAIL, sampling=pb.Sampling(stop=[EMAIL, EMAIL]))
    assert refusal(request) == "messages, sampling.stop: private content was not masked (EMAIL: 3)"


def test_what_a_client_of_ours_sends_passes(make_request: MakeRequest) -> None:
    report = redaction_pb2.RedactionReport(
        rules_version="2026.2+names-2026.2-rampart.9f27d249", policy_version="1+41446681", sent_sha256=bytes(32)
    )
    client = pb.ClientInfo(name="upcall-python", version="0.1.0")
    request = make_request("Write to [[EMAIL_1_ab]].", redaction=report, client=client, model="qwen2.5-coder")
    assert passes(request)


def test_what_a_policy_allows_passes_only_where_the_operator_says_so(make_request: MakeRequest) -> None:
    request = make_request(f"Mail {EMAIL}.", sampling=pb.Sampling(stop=[EMAIL]))
    request.redaction.allowed_types.extend([redaction_pb2.ENTITY_TYPE_EMAIL, 4711])  # type: ignore[list-item]
    assert refusal(request).endswith("(EMAIL: 2)")
    assert passes(request, accepts_allowed=True)
    request.messages[0].content += " From 192.0.2.1."
    assert refusal(request, accepts_allowed=True).endswith("(IP_ADDRESS: 1)")
