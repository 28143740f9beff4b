from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.refusals import refused
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.redaction import (
    Detector,
    EntityType,
    JsonStreamRestorer,
    Policy,
    Vault,
    redact,
    redact_messages,
    restore,
)
from upcall.edge_runtime.redaction.entities import Span
from upcall.edge_runtime.redaction.escapes import unescape
from upcall.edge_runtime.redaction.policy_file import parse_policy

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/masking.json").read_text())


def _detector(case: dict[str, Any]) -> Detector:
    return Detector(deny_terms=case.get("deny_terms", ()), allow_terms=case.get("allow_terms", ()))


def _told(spans: tuple[Span, ...]) -> list[dict[str, object]]:
    return [{"start": span.start, "end": span.end, "entity_type": span.entity_type} for span in spans]


@pytest.mark.parametrize("case", SUITE["text"], ids=lambda case: case["name"])
def test_text(case: dict[str, Any]) -> None:
    vault = Vault(nonce=case["nonce"])
    policy = Policy.parse(case.get("policy", {}), unread_script=case.get("unread_script", "allow"))
    redacted = redact(case["text"], detector=_detector(case), vault=vault, policy=policy)
    assert redacted.masked == case["expect"]["masked"]
    assert _told(redacted.spans) == case["expect"]["spans"]
    assert sorted(redacted.blocked) == case["expect"]["blocked"]
    assert redacted.unread_letters == case["expect"].get("unread_letters", 0)
    if not redacted.is_blocked:
        assert restore(redacted.masked, vault) == case["text"]


@pytest.mark.parametrize("case", SUITE["json"], ids=lambda case: case["name"])
def test_json(case: dict[str, Any]) -> None:
    vault = Vault(nonce=case["nonce"])
    redacted = redact(case["text"], detector=_detector(case), vault=vault, is_json=True)
    assert redacted.masked == case["expect"]["masked"]
    assert _told(redacted.spans) == case["expect"]["spans"]
    restored = restore(redacted.masked, vault, is_json=True)
    assert restored == case["expect"].get("restored", case["text"])
    assert json.loads(restored) == json.loads(case["text"])


@pytest.mark.parametrize("case", SUITE["json_error"], ids=lambda case: case["name"])
def test_json_error(case: dict[str, Any]) -> None:
    with refused(case["error"]):
        redact(case["text"], is_json=True)


@pytest.mark.parametrize("case", SUITE["restore_json"], ids=lambda case: case["name"])
def test_restore_json(case: dict[str, Any]) -> None:
    vault = Vault(nonce=case["nonce"])
    for given in case["minted"]:
        is_number = given.get("is_number", False)
        vault.placeholder(EntityType(given["entity_type"]), given["value"], is_number=is_number)
    restorer = JsonStreamRestorer(vault)
    assert "".join([*map(restorer.feed, case["chunks"]), restorer.flush()]) == case["expect"]
    assert restorer.restored_count == case["restored_count"]
    assert restore("".join(case["chunks"]), vault, is_json=True) == case["expect"]


@pytest.mark.parametrize("case", SUITE["turns"], ids=lambda case: case["name"])
def test_turns(case: dict[str, Any]) -> None:
    vault = Vault(nonce=case["nonce"])
    for turn in case["turns"]:
        messages = [Message(Role(given["role"]), given["content"]) for given in turn["messages"]]
        redacted = redact_messages(
            messages, detector=Detector(), vault=vault, policy=Policy(), edited=turn.get("edited", False)
        )
        assert [{"role": m.role, "content": m.content} for m in redacted.messages] == turn["expect"]["messages"]
        assert [placeholder for placeholder, _ in redacted.masked] == turn["expect"]["masked"]


@pytest.mark.parametrize("case", SUITE["policy_version"], ids=lambda case: case["name"])
def test_policy_version(case: dict[str, Any]) -> None:
    policy = Policy.parse(case["policy"], unread_script=case.get("unread_script", "allow"))
    assert policy.version == case["expect"]


@pytest.mark.parametrize("case", SUITE["policy_file"], ids=lambda case: case["name"])
def test_policy_file(case: dict[str, Any]) -> None:
    if "error" in case:
        with refused(case["error"]):
            parse_policy(case["given"])
        return
    given = parse_policy(case["given"])
    unread_script = case["given"].get("unread_script", "allow")
    assert given.policy == Policy.parse(case["given"].get("actions", {}), unread_script=unread_script)
    for name in ("deny_terms", "allow_terms"):
        assert list(getattr(given, name)) == case["given"].get(name, [])


@pytest.mark.parametrize("case", SUITE["unescape"], ids=lambda case: case["name"])
def test_unescape(case: dict[str, Any]) -> None:
    assert unescape(case["text"]) == (case["expect"], case["offsets"])
