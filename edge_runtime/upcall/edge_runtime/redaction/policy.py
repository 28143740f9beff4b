"""What happens to each kind of private text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.entities import EntityType


class Action(StrEnum):
    """What to do with a finding."""

    BLOCK = "block"
    MASK = "mask"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Policy:
    """An action for each type; what is not named is masked.

    Block: a conversation that holds one stays on the device. Mask: a placeholder leaves in its place. Allow: it leaves as
    it is.
    """

    actions: Mapping[EntityType, Action] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", MappingProxyType(dict(self.actions)))

    def action(self, entity_type: EntityType) -> Action:
        """What to do with a finding of this type."""
        return self.actions.get(entity_type, Action.MASK)

    @classmethod
    def parse(cls, given: Mapping[str, object]) -> Policy:
        """Read a policy from plain names, such as ``{"EMAIL": "allow", "SECRET": "block"}``.

        Raises:
            InputError: a type or an action is not known.
        """
        actions: dict[EntityType, Action] = {}
        for name, action in given.items():
            if name not in EntityType.__members__:
                raise InputError(
                    f"The redaction policy names the type {name!r}, which does not exist.",
                    allowed=", ".join(EntityType),
                )
            if action not in tuple(Action):
                raise InputError(f"The redaction policy gives {name} the action {action!r}.", allowed=", ".join(Action))
            actions[EntityType(name)] = Action(str(action))
        return cls(actions)
