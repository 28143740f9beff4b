"""Chat templates as prefixes and suffixes, so that no device needs a template engine (proto/vectors/chat_template.json)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from upcall.edge_runtime.conversation import Message, Role, as_conversation


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text. Special tokens count as such only where the template wrote them."""

    text: str
    is_template: bool


@dataclass(frozen=True, slots=True)
class RoleFormat:
    """What stands before and after a message of one role."""

    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """Terms as in ``upcall.protocol.v1.ChatTemplate``."""

    beginning: str
    roles: Mapping[Role, RoleFormat]
    generation_prefix: str
    default_system: str | None = None

    def render(self, messages: Sequence[Message]) -> tuple[Piece, ...]:
        """The prompt for the next assistant turn.

        Raises:
            InputError: no messages, a system message that is not the first, or a last message that is not the user's.
        """
        messages = as_conversation(messages)
        pieces = [Piece(self.beginning, is_template=True)]
        if messages[0].role is not Role.SYSTEM and self.default_system is not None:
            pieces += self._turn(Role.SYSTEM, Piece(self.default_system, is_template=True))
        for message in messages:
            pieces += self._turn(message.role, Piece(message.content, is_template=False))
        pieces.append(Piece(self.generation_prefix, is_template=True))
        return tuple(piece for piece in pieces if piece.text)

    def _turn(self, role: Role, content: Piece) -> list[Piece]:
        form = self.roles[role]
        return [Piece(form.prefix, is_template=True), content, Piece(form.suffix, is_template=True)]
