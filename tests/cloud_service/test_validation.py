from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from upcall.cloud_service.engine import EngineInfo, EngineRequest
from upcall.cloud_service.refusal import RefusalError
from upcall.cloud_service.validation import Limits, engine_request
from upcall.edge_runtime.conversation import MAX_MESSAGE_CHARACTERS, SAMPLING_RANGES, Message, Role, SamplingOptions
from upcall.protocol.v1 import escalation_pb2 as pb
from upcall.protocol.v1 import redaction_pb2

MakeRequest = Callable[..., pb.GenerateRequest]
INFO = EngineInfo(model="large", context_length=4096, max_output_tokens=1024)
CANARY = "zebra-canary-4711"
USER = pb.Message(role=pb.ROLE_USER, content="Hello.")
SYSTEM = pb.Message(role=pb.ROLE_SYSTEM, content="Be brief.")
ASSISTANT = pb.Message(role=pb.ROLE_ASSISTANT, content="Hi.")


def check(request: pb.GenerateRequest) -> EngineRequest:
    return engine_request(request, tenant="phone", run_id="run-1", info=INFO, limits=Limits())


def test_a_whole_request(make_request: MakeRequest) -> None:
    messages = [pb.Message(role=pb.ROLE_SYSTEM, content="Be brief."), USER, ASSISTANT, USER]
    sampling = pb.Sampling(temperature=0.5, top_k=0, seed=2**64 - 1, stop=["END"])
    checked = check(make_request(messages=messages, sampling=sampling, max_output_tokens=1024, model="large"))
    assert checked == EngineRequest(
        request_id="run-1",
        tenant="phone",
        messages=(
            Message(Role.SYSTEM, "Be brief."),
            Message(Role.USER, "Hello."),
            Message(Role.ASSISTANT, "Hi."),
            Message(Role.USER, "Hello."),
        ),
        sampling=SamplingOptions(temperature=0.5, seed=2**64 - 1),
        max_output_tokens=1024,
        stop=("END",),
    )
    assert "brief" not in repr(checked)
    assert "END" not in repr(checked)


def test_an_empty_answer_of_the_model_may_stand_in_the_history(make_request: MakeRequest) -> None:
    checked = check(make_request(messages=[USER, pb.Message(role=pb.ROLE_ASSISTANT), USER]))
    assert checked.messages[1] == Message(Role.ASSISTANT, "")


@pytest.mark.parametrize("name", ["temperature", "top_p", "min_p", "repetition_penalty", "top_k", "seed"])
@pytest.mark.parametrize("end", [0, 1])
def test_both_ends_of_a_range_pass_as_the_device_sends_them(name: str, end: int, make_request: MakeRequest) -> None:
    value = SAMPLING_RANGES[name][end]
    sampling = pb.Sampling(**{name: value})  # type: ignore[arg-type]
    assert check(make_request(sampling=sampling)).sampling == SamplingOptions(**{name: value})  # type: ignore[arg-type]


def test_absent_knobs_take_the_defaults(make_request: MakeRequest) -> None:
    checked = check(make_request())
    assert checked.sampling == SamplingOptions()
    assert checked.max_output_tokens == Limits().default_output_tokens


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        pytest.param("request_id", {"request_id": ""}, id="no id"),
        pytest.param("request_id", {"request_id": CANARY}, id="id of another form"),
        pytest.param("request_id", {"request_id": "2f1b7d6e-4a59-11ee-be56-0242ac120002"}, id="UUID1"),
        pytest.param("request_id", {"request_id": "{2f1b7d6e-4a59-41ee-be56-0242ac120002}"}, id="UUID in braces"),
        pytest.param("messages", {"messages": []}, id="no message"),
        pytest.param("messages", {"messages": [USER] * 257}, id="too many messages"),
        pytest.param(
            "messages", {"messages": [pb.Message(role=pb.ROLE_USER, content="é" * 60_000)] * 9}, id="too large"
        ),
        pytest.param("messages[0].role", {"messages": [pb.Message(content=CANARY)]}, id="no role"),
        pytest.param("messages", {"messages": [USER, ASSISTANT]}, id="last is not the user's"),
        pytest.param("messages", {"messages": [USER, SYSTEM, USER]}, id="system in the middle"),
        pytest.param("messages[0].content", {"messages": [pb.Message(role=pb.ROLE_USER, content=" \n")]}, id="empty"),
        pytest.param("messages[1].content", {"messages": [USER, pb.Message(role=pb.ROLE_USER)]}, id="no content"),
        pytest.param(
            "messages[0].content",
            {"messages": [pb.Message(role=pb.ROLE_USER, content="x" * (MAX_MESSAGE_CHARACTERS + 1))]},
            id="too long",
        ),
        pytest.param("sampling.temperature", {"sampling": pb.Sampling(temperature=2.1)}, id="hot"),
        pytest.param("sampling.temperature", {"sampling": pb.Sampling(temperature=-0.1)}, id="cold"),
        pytest.param("sampling.temperature", {"sampling": pb.Sampling(temperature=float("nan"))}, id="not a number"),
        pytest.param("sampling.top_p", {"sampling": pb.Sampling(top_p=0)}, id="top_p 0"),
        pytest.param("sampling.top_p", {"sampling": pb.Sampling(top_p=1.1)}, id="top_p"),
        pytest.param("sampling.top_k", {"sampling": pb.Sampling(top_k=2**32 - 1)}, id="top_k"),
        pytest.param("sampling.min_p", {"sampling": pb.Sampling(min_p=1.5)}, id="min_p"),
        pytest.param("sampling.repetition_penalty", {"sampling": pb.Sampling(repetition_penalty=0)}, id="penalty"),
        pytest.param("sampling.stop", {"sampling": pb.Sampling(stop=["a"] * 5)}, id="five stops"),
        pytest.param("sampling.stop[1]", {"sampling": pb.Sampling(stop=["a", ""])}, id="empty stop"),
        pytest.param("max_output_tokens", {"max_output_tokens": 0}, id="no tokens"),
        pytest.param("max_output_tokens", {"max_output_tokens": 1025}, id="too many tokens"),
        pytest.param("redaction", {"redaction": None}, id="no report"),
        pytest.param(
            "redaction.rules_version", {"redaction": redaction_pb2.RedactionReport(sent_sha256=b"x")}, id="no version"
        ),
        pytest.param(
            "redaction.sent_sha256",
            {"redaction": redaction_pb2.RedactionReport(rules_version="1", sent_sha256=bytes(32))},
            id="other messages",
        ),
    ],
)
def test_every_violation_names_its_field_and_no_content(
    field: str, fields: dict[str, Any], make_request: MakeRequest
) -> None:
    with pytest.raises(RefusalError) as caught:
        check(make_request(**fields))
    assert caught.value.status is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details.partition(": ")[0] == field
    assert CANARY not in caught.value.details


def test_an_unknown_model_says_which_exist(make_request: MakeRequest) -> None:
    with pytest.raises(RefusalError, match="served: large") as caught:
        check(make_request(model=CANARY))
    assert caught.value.status is grpc.StatusCode.NOT_FOUND
    assert CANARY not in caught.value.details
