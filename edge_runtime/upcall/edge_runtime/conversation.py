"""Messages of a conversation, and how its answers are chosen and end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

from upcall.edge_runtime.errors import InputError

MAX_MESSAGE_CHARACTERS = 65_536
"""Far above what any context of a catalogue model holds, and small enough to redact in well under a second."""


_CONVERSATION = "a str, or a list of Message(role, content)"


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. Its content is private: it is left out of ``repr``.

    Args:
        role: who speaks; its name is taken for it.
        content: what was said.

    Raises:
        InputError: the role is none; the content is no str, empty (a model's own answer may be), longer than
            MAX_MESSAGE_CHARACTERS, or holds a lone surrogate (broken UTF-8).
    """

    role: Role
    content: str = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "role", _role(self.role))
        if not isinstance(self.content, str):
            raise InputError(f"The content of a message is of type {type(self.content).__name__}.", allowed="a str")
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


def as_conversation(given: object) -> tuple[Message, ...]:
    """The messages of a conversation that a model can answer.

    Args:
        given: messages, the user's question last; or a str, which is one user's message.

    Raises:
        InputError: something of another type, no messages, a system message that is not the first, or a last message that is
            not the user's.
    """
    if isinstance(given, str):
        return (Message(Role.USER, given),)
    if not isinstance(given, Iterable):
        raise InputError(f"A conversation is of type {type(given).__name__}.", allowed=_CONVERSATION)
    messages = tuple(given)
    for message in messages:
        if not isinstance(message, Message):
            raise InputError(f"A message is of type {type(message).__name__}.", allowed=_CONVERSATION)
    if not messages:
        raise InputError("The conversation is empty.", allowed="one message or more, the last one the user's")
    if messages[-1].role is not Role.USER:
        raise InputError(f"The last message is the {messages[-1].role}'s.", allowed="the user's")
    if any(message.role is Role.SYSTEM for message in messages[1:]):
        raise InputError("A system message stands in the middle.", allowed="at most one, as the first message")
    return messages


def _role(given: object) -> Role:
    try:
        return Role(str(given))
    except ValueError:
        kind = (
            "not known" if isinstance(given, str) else f"of type {type(given).__name__}"
        )  # a str may be a user's words
        raise InputError(f"The role of a message is {kind}.", allowed=", ".join(Role)) from None


class FinishReason(StrEnum):
    """Why an answer ended, in the terms of ``upcall.protocol.v1.FinishReason``."""

    STOP = "stop"
    LENGTH = "length"


SAMPLING_RANGES: Mapping[str, tuple[float, float]] = {
    "temperature": (0.0, 2.0),
    "top_p": (1e-6, 1.0),
    "top_k": (0, 1_000_000),
    "min_p": (0.0, 1.0),
    "repetition_penalty": (1e-6, 2.0),
    "seed": (0, 2**64 - 1),
}
"""What each option may be, both ends included; the device and the cloud service hold to the same."""


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """Knobs of sampling. The defaults are greedy.

    Args:
        temperature: 0 is greedy; 0 to 2.
        top_p: keep the likeliest tokens whose probabilities sum to it; above 0, to 1.
        top_k: keep that many of the likeliest; 0 keeps all.
        min_p: drop tokens less likely than this share of the likeliest one; 0 to 1.
        repetition_penalty: divide positive logits of seen tokens by it, multiply negative ones (CTRL, Keskar et al. 2019,
            1909.05858); 1 changes nothing; above 0, to 2.
        seed: 0 to 2⁶⁴ − 1.

    Raises:
        InputError: a value outside its range.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            low, high = SAMPLING_RANGES[option.name]
            expected = int if option.type == "int" else (int, float)
            if isinstance(value, bool) or not isinstance(value, expected):
                raise InputError(
                    f"The sampling option {option.name} is of type {type(value).__name__}.",
                    allowed=f"of type {option.type}",
                )
            if not low <= value <= high:
                raise InputError(f"The sampling option {option.name} is {value}.", allowed=f"{low:g} to {high:g}")
