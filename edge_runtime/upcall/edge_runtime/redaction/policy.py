"""What happens to each kind of private text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from upcall.edge_runtime.errors import InputError, check_type
from upcall.edge_runtime.redaction.entities import EntityType

_VERSION = "1"


class Action(StrEnum):
    """What to do with a finding."""

    BLOCK = "block"
    MASK = "mask"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Policy:
    """An action for each type; what is not named is masked.

    Block: a conversation that holds one stays on the device. Mask: a placeholder leaves in its place. Allow: it leaves as
    it is. Types and actions may be given by their names.

    Args:
        actions: by type.
        unread_script: what to do with a text in letters that the name model does not read, such as Cyrillic or Thai: allow, or
            block, which keeps it on the device. Most names in it are not found.

    Raises:
        InputError: a type or an action is not known, or the action for unread scripts is to mask, which nothing can.
    """

    actions: Mapping[EntityType, Action] = field(default_factory=dict)
    unread_script: Action = Action.ALLOW

    def __post_init__(self) -> None:
        check_type("The mapping of actions of a redaction policy", self.actions, Mapping)
        actions = {_entity_type(name): _action(name, action) for name, action in self.actions.items()}
        object.__setattr__(self, "actions", MappingProxyType(actions))
        if self.unread_script not in (Action.ALLOW, Action.BLOCK):
            raise InputError(
                f"The redaction policy gives unread_script the action {self.unread_script!r:.40}.",
                allowed=f"{Action.ALLOW}, {Action.BLOCK}",
            )
        object.__setattr__(self, "unread_script", Action(self.unread_script))

    def action(self, entity_type: EntityType) -> Action:
        """What to do with a finding of this type."""
        return self.actions.get(entity_type, Action.MASK)

    @property
    def version(self) -> str:
        """Names the policy in the report: ``1`` for the default, with a digest of the actions where they differ from it.

        The digest is the first 8 hexadecimal digits of the SHA-256 of one line ``TYPE=action`` for each type that is not
        masked, in alphabetical order, then ``unread_script=block`` where that is so, each with a line feed at its end. It tells
        nothing of the user's own terms.

        Vectors: proto/vectors/masking.json
        """
        lines = sorted(f"{kind}={action}\n" for kind, action in self.actions.items() if action is not Action.MASK)
        if self.unread_script is Action.BLOCK:
            lines.append(f"unread_script={self.unread_script}\n")
        digest = hashlib.sha256("".join(lines).encode()).hexdigest()
        return f"{_VERSION}+{digest[:8]}" if lines else _VERSION

    @property
    def allowed(self) -> tuple[EntityType, ...]:
        """The types that may leave as they are, in the order of ``EntityType``."""
        return tuple(kind for kind in EntityType if self.action(kind) is Action.ALLOW)

    @classmethod
    def parse(cls, given: Mapping[str, object], *, unread_script: object = Action.ALLOW) -> Policy:
        """Read a policy from plain names, such as ``{"EMAIL": "allow", "SECRET": "block"}``.

        Args:
            given: an action for each type.
            unread_script: ``allow`` or ``block``.

        Raises:
            InputError: a type or an action is not known.
        """
        check_type("A redaction policy", given, Mapping)
        return cls(given, unread_script)  # type: ignore[arg-type]  # names are taken


def _entity_type(name: object) -> EntityType:
    if not isinstance(name, str) or name not in EntityType.__members__:
        raise InputError(
            f"The redaction policy names the type {name!r:.40}, which does not exist.", allowed=", ".join(EntityType)
        )
    return EntityType(name)


def _action(name: object, action: object) -> Action:
    if not isinstance(action, str) or action not in tuple(Action):
        raise InputError(f"The redaction policy gives {name} the action {action!r:.40}.", allowed=", ".join(Action))
    return Action(action)
