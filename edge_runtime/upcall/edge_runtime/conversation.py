"""Messages of a conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from upcall.edge_runtime.errors import InputError

MAX_MESSAGE_CHARACTERS = 65_536
"""Far above what any context of a catalogue model holds, and small enough to redact in well under a second."""


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. Its content is private: it is left out of ``repr``.

    Raises:
        InputError: the content is empty (a model's own answer may be), longer than MAX_MESSAGE_CHARACTERS, or holds a
            lone surrogate (broken UTF-8).
    """

    role: Role
    content: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.content.strip() and self.role is not Role.ASSISTANT:
            raise InputError(f"The {self.role} message is empty.", next_step="write something and ask again")
        if len(self.content) > MAX_MESSAGE_CHARACTERS:
            raise InputError(
                f"The {self.role} message has {len(self.content):,} characters.",
                allowed=f"at most {MAX_MESSAGE_CHARACTERS:,}",
                next_step="shorten it or ask about one part at a time",
            )
        try:
            self.content.encode()
        except UnicodeEncodeError as error:
            raise InputError(
                f"The {self.role} message is not valid Unicode at character {error.start}.",
                next_step="save it as UTF-8 and ask again",
            ) from None
