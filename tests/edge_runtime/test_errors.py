"""Values of a wrong type: every door of the runtime refuses them by name, and none of what they hold is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from upcall.edge_runtime.conversation import Message
from upcall.edge_runtime.engines.opening import engine_name
from upcall.edge_runtime.errors import InputError, check_texts, check_type
from upcall.edge_runtime.escalation import CloudEndpoint
from upcall.edge_runtime.opening import open_detector, open_session
from upcall.edge_runtime.question import AskOptions
from upcall.edge_runtime.redaction import (
    Action,
    Detector,
    EntityType,
    Policy,
    StreamRestorer,
    Vault,
    redact,
    redact_messages,
    restore,
)

PRIVATE = "ann.lee@example.com"


def _redact_messages(messages: Any) -> object:
    return redact_messages(messages, detector=Detector(), vault=Vault(), policy=Policy())


DOORS: dict[str, Callable[[Any], object]] = {
    "redact": redact,
    "redact, detector": lambda value: redact("x", detector=value),
    "redact, policy": lambda value: redact("x", policy=value),
    "redact, vault": lambda value: redact("x", vault=value),
    "restore": lambda value: restore(value, Vault()),
    "restore, vault": lambda value: restore("x", value),
    "messages": lambda value: _redact_messages([value]),
    "Vault.restore": Vault().restore,
    "StreamRestorer": StreamRestorer,
    "StreamRestorer.feed": StreamRestorer(Vault()).feed,
    "Vault, nonce": lambda value: Vault(nonce=value),
    "Detector.find": Detector().find,
    "Detector, denied": lambda value: Detector(deny_terms=value),
    "Detector, allowed": lambda value: Detector(allow_terms=value),
    "Detector, a denied term": lambda value: Detector(deny_terms=[value]),
    "Detector, regions": lambda value: Detector(phone_regions=value),
    "Detector, names": lambda value: Detector(names=value),
    "Policy": Policy,
    "Policy.parse": Policy.parse,
    "open_detector": lambda value: open_detector(private_terms=value, names=False),
    "open_session, bundle": lambda value: open_session(bundle_path=value),
    "open_session, policy": lambda value: open_session(policy=value),
    "open_session, detector": lambda value: open_session(detector=value),
    "open_session, vault": lambda value: open_session(vault=value),
    "CloudEndpoint": lambda value: CloudEndpoint(target=value),
    "CloudEndpoint, key": lambda value: CloudEndpoint(target="localhost:1", api_key=value),
    "AskOptions, tokens": lambda value: AskOptions(max_output_tokens=value),
    "AskOptions, threshold": lambda value: AskOptions(threshold=value),
    "AskOptions, sampling": lambda value: AskOptions(sampling=value),
    "Message, role": lambda value: Message(value, "x"),
    "engine_name": engine_name,
}
TEXT_IS_RIGHT = {
    "redact",
    "restore",
    "Vault.restore",
    "StreamRestorer.feed",
    "Detector.find",
    "Detector, a denied term",
    "open_session, bundle",
    "CloudEndpoint, key",
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("value", [5j, b"ann.lee@example.com", [5], {"a": [PRIVATE]}, object(), True])
def test_a_wrong_type_is_refused_by_name(door: str, value: object) -> None:
    with pytest.raises(InputError) as refused:
        DOORS[door](value)
    assert refused.value.allowed
    assert PRIVATE not in str(refused.value)


@pytest.mark.parametrize("door", sorted(set(DOORS) - TEXT_IS_RIGHT))
def test_one_text_is_no_list_and_no_object(door: str) -> None:
    with pytest.raises(InputError) as refused:
        DOORS[door]("abc")
    assert refused.value.allowed


def test_a_policy_by_names_is_one_by_members() -> None:
    by_name = Policy({"EMAIL": "block"})  # type: ignore[dict-item]
    assert by_name == Policy({EntityType.EMAIL: Action.BLOCK})
    assert redact(f"Write to {PRIVATE}.", policy=by_name).blocked == {EntityType.EMAIL}


@pytest.mark.parametrize(
    "given", [{"max_output_tokens": 2**31}, {"cloud_timeout_ms": 10**30}, {"threshold": float("nan")}]
)
def test_options_that_nothing_can_hold(given: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(given))):
        AskOptions(**given)


def test_an_engine_that_nobody_knows() -> None:
    with pytest.raises(InputError, match="no engine"):
        engine_name("turbo")


def test_kinds_are_named() -> None:
    with pytest.raises(InputError, match=r"^The list is of type int\.\nAllowed: str or None$"):
        check_type("The list", 5, str, type(None))
    check_type("A switch", True, bool)
    assert check_texts("The list", ("a", "b")) == ("a", "b")
