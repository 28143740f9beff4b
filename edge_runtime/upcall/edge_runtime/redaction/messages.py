"""Masks a whole conversation, or says that it must stay."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.errors import RedactionError, check_type
from upcall.edge_runtime.redaction.detector import Detector
from upcall.edge_runtime.redaction.documents import PlainText, counted
from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.masking import Masking
from upcall.edge_runtime.redaction.policy import Policy
from upcall.edge_runtime.redaction.vault import Vault

PLACEHOLDER_INSTRUCTION = (
    "Text of the form [[TYPE_1_xx]] stands for private words that you do not see. Copy each one exactly as it is, character by "
    "character; never translate, change, explain or invent one."
)
"""Told to the cloud whenever something is masked. It is not itself a placeholder."""


@dataclass(frozen=True, slots=True)
class RedactedMessages:
    """What may leave the device, with its report; or nothing at all.

    Args:
        messages: as they would be sent. Empty when something is blocked.
        counts: distinct values masked, by type; types without any are left out.
        blocked: types found whose policy is to stay on the device. If there is one, nothing may be sent.
        rules_version: of the detector.
        sent_sha256: of the messages (``sent_sha256``), empty when something is blocked.
        masked: each placeholder in the messages with its type, in the order in which they first stand there; for display.
        policy: that was applied.
        unread_letters: how many letters of scripts that the name model does not read keep the messages here; 0 where the policy
            allows them.

    Raises:
        RedactionError: messages are given although something is blocked.
    """

    messages: tuple[Message, ...]
    counts: Mapping[EntityType, int]
    blocked: frozenset[EntityType]
    rules_version: str
    sent_sha256: bytes = field(repr=False)
    masked: tuple[tuple[str, EntityType], ...] = ()
    policy: Policy = field(default_factory=Policy)
    unread_letters: int = 0

    def __post_init__(self) -> None:
        if self.is_blocked and self.messages:
            raise RedactionError(f"Blocked and yet to be sent: {', '.join(sorted(self.blocked)) or 'letters'}.")
        object.__setattr__(self, "counts", MappingProxyType(dict(self.counts)))

    @property
    def is_blocked(self) -> bool:
        """Whether the policy keeps the messages on the device."""
        return bool(self.blocked or self.unread_letters)


def sent_sha256(contents: Iterable[str]) -> bytes:
    """Digest of messages as sent: for each, the length of its UTF-8 in bytes (64 bits, big-endian), then the UTF-8.

    Source: RedactionReport.sent_sha256 in proto/upcall/protocol/v1/redaction.proto.

    Raises:
        UnicodeEncodeError: a content holds a lone surrogate; a Message never does.
    """
    digest = hashlib.sha256()
    for content in contents:
        encoded = content.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.digest()


def redact_messages(
    messages: Sequence[Message], *, detector: Detector, vault: Vault, policy: Policy, edited: bool = False
) -> RedactedMessages:
    """Replace everything private in a conversation by placeholders.

    A value found once, now or earlier in the conversation of the vault, is masked wherever it stands (words such as names
    only as whole words, the user's own terms only where they are found, an age or a very short value nowhere else), and the
    result is searched again until the rules find nothing more to mask in it. ``vault.restore`` of a result gives the message
    back exactly, even one that quotes placeholders: one that was minted earlier is masked itself. When something is masked,
    PLACEHOLDER_INSTRUCTION is added to the leading system message, or as one, unless a message holds it already.

    Args:
        messages: all that would be sent, system message included.
        detector: what is private.
        vault: of this conversation; grows.
        policy: what to do with it.
        edited: the messages are a result of this function that the user changed: its placeholders stay.

    Raises:
        RedactionError: a rule failed, or masking came to no end; nothing may be sent.
        InputError: a message with its placeholders is longer than a message may be, or is of another type.
    """
    for message in messages:
        check_type("A message", message, Message)
    documents = [PlainText(message.content) for message in messages]
    masking = Masking(documents, detector=detector, vault=vault, policy=policy, keeps_placeholders=edited)
    blocked = masking.run()
    if blocked or masking.unread_letters:
        return RedactedMessages(
            (), {}, blocked, detector.rules_version, b"", policy=policy, unread_letters=masking.unread_letters
        )
    redacted = [Message(message.role, text.sent()) for message, text in zip(messages, documents, strict=True)]
    masked = masking.masked()
    is_told = any(PLACEHOLDER_INSTRUCTION in message.content for message in redacted)
    if any(document.masks for document in documents) and not is_told:
        redacted = _instructed(redacted)
    digest = sent_sha256(message.content for message in redacted)
    return RedactedMessages(
        tuple(redacted), counted(masked), frozenset(), detector.rules_version, digest, masked, policy=policy
    )


def _instructed(messages: list[Message]) -> list[Message]:
    if messages and messages[0].role is Role.SYSTEM:
        first = Message(Role.SYSTEM, f"{messages[0].content}\n\n{PLACEHOLDER_INSTRUCTION}")
        return [first, *messages[1:]]
    return [Message(Role.SYSTEM, PLACEHOLDER_INSTRUCTION), *messages]
