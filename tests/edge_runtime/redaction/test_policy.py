from __future__ import annotations

import dataclasses

import pytest

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction import Action, EntityType, Policy


def test_masks_by_default() -> None:
    assert all(Policy().action(entity_type) is Action.MASK for entity_type in EntityType)


def test_parse() -> None:
    policy = Policy.parse({"SECRET": "block", "EMAIL": "allow"})
    assert policy.action(EntityType.SECRET) is Action.BLOCK
    assert policy.action(EntityType.EMAIL) is Action.ALLOW
    assert policy.action(EntityType.PHONE) is Action.MASK


@pytest.mark.parametrize("given", [{"NAME": "mask"}, {"EMAIL": "hide"}, {"EMAIL": None}, {"EMAIL": ["mask"]}])
def test_errors_name_what_is_allowed(given: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        Policy.parse(given)
    assert caught.value.allowed in {", ".join(EntityType), ", ".join(Action)}


def test_is_frozen() -> None:
    actions = {EntityType.EMAIL: Action.ALLOW}
    policy = Policy(actions)
    actions[EntityType.EMAIL] = Action.BLOCK
    assert policy.action(EntityType.EMAIL) is Action.ALLOW
    with pytest.raises(dataclasses.FrozenInstanceError):
        policy.actions = {}  # type: ignore[misc]
