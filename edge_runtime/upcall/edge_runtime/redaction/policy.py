"""What happens to each kind of private text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.entities import EntityType

_VERSION = "1"


class Action(StrEnum):
    """What to do with a finding."""

    BLOCK = "block"
    MASK = "mask"
    ALLOW = "allow"


_UNREAD = "The redaction policy gives unread_script the action {}."
_UNREAD_ALLOWED = f"{Action.ALLOW}, {Action.BLOCK}"
_SHOWN = 40  # characters of a wrong action


@dataclass(frozen=True, slots=True)
class Policy:
    """An action for each type; what is not named is masked.

    Block: a conversation that holds one stays on the device. Mask: a placeholder leaves in its place. Allow: it leaves as
    it is.

    Args:
        actions: by type.
        unread_script: what to do with a text in letters that the name model does not read, such as Cyrillic or Thai: allow, or
            block, which keeps it on the device. Most names in it are not found.

    Raises:
        InputError: the action for unread scripts is to mask, which nothing can.
    """

    actions: Mapping[EntityType, Action] = field(default_factory=dict)
    unread_script: Action = Action.ALLOW

    def __post_init__(self) -> None:
        if self.unread_script is Action.MASK:
            raise InputError(_UNREAD.format("'mask'"), allowed=_UNREAD_ALLOWED)
        object.__setattr__(self, "actions", MappingProxyType(dict(self.actions)))

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
        if unread_script not in (Action.ALLOW, Action.BLOCK):
            raise InputError(_UNREAD.format(repr(unread_script)[:_SHOWN]), allowed=_UNREAD_ALLOWED)
        return cls(actions, Action(str(unread_script)))
