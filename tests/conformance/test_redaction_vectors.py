from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.refusals import refused
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.redaction import (
    Detector,
    EntityType,
    Policy,
    Vault,
    load_rules,
    redact_messages,
    sent_sha256,
)
from upcall.edge_runtime.redaction.terms import folded

VECTORS = Path(__file__).parents[2] / "proto/vectors"
SUITE = json.loads((VECTORS / "redaction.json").read_text())
DETECT = [
    case
    for name in ("redaction", "redaction_detect", "redaction_credentials", "redaction_rules")
    for case in json.loads((VECTORS / f"{name}.json").read_text())["detect"]
]
BY_MODEL = {EntityType.PERSON, EntityType.ORG, EntityType.LOCATION}


def _detector(case: dict[str, Any]) -> Detector:
    return Detector(
        deny_terms=case.get("deny_terms", ()),
        allow_terms=case.get("allow_terms", ()),
        phone_regions=case.get("phone_regions"),
    )


@pytest.mark.parametrize("case", DETECT, ids=lambda case: case["name"])
def test_detect(case: dict[str, Any]) -> None:
    found = _detector(case).find(case["text"])
    assert [{"start": s.start, "end": s.end, "entity_type": s.entity_type} for s in found] == case["expect"]


@pytest.mark.parametrize("case", SUITE["detector_error"], ids=lambda case: case["name"])
def test_detector_error(case: dict[str, Any]) -> None:
    with refused(case["error"]):
        _detector(case)


@pytest.mark.parametrize("case", SUITE["policy"], ids=lambda case: case["name"])
def test_policy(case: dict[str, Any]) -> None:
    if "error" in case:
        with refused(case["error"]):
            Policy.parse(case["policy"])
        return
    policy = Policy.parse(case["policy"])
    assert {entity_type: policy.action(entity_type) for entity_type in EntityType} == case["expect"]


@pytest.mark.parametrize("case", SUITE["mask"], ids=lambda case: case["name"])
def test_mask(case: dict[str, Any]) -> None:
    expect = case["expect"]
    redacted = redact_messages(
        [Message(Role(given["role"]), given["content"]) for given in case["messages"]],
        detector=_detector(case),
        vault=Vault(nonce=case["nonce"]),
        policy=Policy.parse(case.get("policy", {})),
    )
    assert [{"role": m.role, "content": m.content} for m in redacted.messages] == expect["messages"]
    assert redacted.counts == expect["counts"]
    assert sorted(redacted.blocked) == expect["blocked"]
    assert [placeholder for placeholder, _ in redacted.masked] == expect["masked"]
    assert redacted.sent_sha256.hex() == expect["sent_sha256"]


@pytest.mark.parametrize("case", SUITE["sent_sha256"], ids=lambda case: case["name"])
def test_sent_sha256(case: dict[str, Any]) -> None:
    assert sent_sha256(case["contents"]).hex() == case["expect"]


@pytest.mark.parametrize("case", SUITE["fold"], ids=lambda case: case["name"])
def test_fold(case: dict[str, Any]) -> None:
    unassigned = load_rules().characters.unassigned
    characters = map(chr, range(int(case["first"], 16), int(case["last"], 16) + 1))
    known = (one for one in characters if not ("\ud800" <= one <= "\udfff" or unassigned.match(one)))
    assert hashlib.sha256("\n".join(map(folded, known)).encode()).hexdigest() == case["expect"]


def test_every_type_of_the_rules_has_cases() -> None:
    found = {span["entity_type"] for case in DETECT for span in case["expect"]}
    assert found == set(EntityType) - BY_MODEL
    assert sum(not case["expect"] for case in DETECT) >= 150


def test_names_of_cases_are_unique() -> None:
    assert len({case["name"] for case in DETECT}) == len(DETECT)
