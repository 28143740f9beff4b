from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.deploy import fake_app
from upcall.deploy.contract import Action, Request, ask_request, bench_request, raise_failure, read_report
from upcall.edge_runtime.decision.decide import Strategy
from upcall.edge_runtime.errors import PhoneError

PROTO = Path(__file__).parents[2] / "proto"
SUITE = json.loads((PROTO / "vectors/deploy.json").read_text(encoding="utf-8"))
SCHEMA = json.loads((PROTO / "schema/deploy.schema.json").read_text(encoding="utf-8"))


def request_of(case: dict[str, Any]) -> Request:
    strings, integers = case["strings"], case["integers"]
    if case["action"] == Action.BENCH:
        return bench_request(case["request_id"], bundle=strings["bundle"], **integers)
    strategy = Strategy(strings["strategy"]) if "strategy" in strings else None
    return ask_request(case["request_id"], strings["question"], strategy=strategy, bundle=strings.get("bundle"))


@pytest.mark.parametrize("case", SUITE["requests"], ids=lambda case: case["name"])
def test_request(case: dict[str, Any]) -> None:
    request = request_of(case)
    assert request.words() == case["command"]
    assert request.extras == {**case["strings"], **case["integers"]}


@pytest.mark.parametrize("case", SUITE["reports"], ids=lambda case: case["name"])
def test_report(case: dict[str, Any]) -> None:
    report = case["report"]
    request = Request(Action(case["action"]), report["request_id"], {})
    read = read_report(json.dumps(report).encode(), request)
    assert read == report
    if report["state"] == "failed":
        with pytest.raises(PhoneError) as failed:
            raise_failure(read)
        assert report["error"]["problem"] in failed.value.problem
        assert failed.value.next_step == report["error"]["next_step"]
    else:
        raise_failure(read)


@pytest.mark.parametrize("case", SUITE["reports"], ids=lambda case: case["name"])
def test_a_report_that_lacks_a_key_or_has_another_type_is_refused(case: dict[str, Any]) -> None:
    request = Request(Action(case["action"]), case["report"]["request_id"], {})
    for name in set(case["report"]):
        lacking = {key: value for key, value in case["report"].items() if key != name}
        other: object = "x" if name == "left_device" else True
        for changed in (lacking, {**case["report"], name: other}):
            with pytest.raises(PhoneError, match="cannot be read"):
                read_report(json.dumps(changed).encode(), request)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b'{"request_id": "r-1"}'])
def test_what_is_no_report(content: bytes) -> None:
    with pytest.raises(PhoneError, match="cannot be read"):
        read_report(content, Request(Action.ASK, "r-1", {}))


def test_a_report_on_another_request_is_refused() -> None:
    report = SUITE["reports"][0]["report"]
    with pytest.raises(PhoneError, match="another request"):
        read_report(json.dumps(report).encode(), Request(Action.ASK, "r-2", {}))


def test_the_fake_app_reports_as_the_real_one_does() -> None:
    definitions = {"$defs": SCHEMA["$defs"]}
    extras: dict[str, str | int] = {
        "request_id": "r-1",
        "question": "x",
        "bundle": "tiny",
        "rounds": 2,
        "output_tokens": 4,
    }
    jsonschema.validate(fake_app.answer(extras), {"$ref": "#/$defs/ask_report", **definitions})
    jsonschema.validate(fake_app.answer({**extras, "strategy": "cloud"}), {"$ref": "#/$defs/ask_report", **definitions})
    jsonschema.validate(fake_app.measure(extras), {"$ref": "#/$defs/bench_report", **definitions})
