"""Masks a whole conversation, or says that it must stay."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.errors import RedactionError
from upcall.edge_runtime.redaction.detector import Detector
from upcall.edge_runtime.redaction.entities import EntityType, Span
from upcall.edge_runtime.redaction.placeholders import blank_placeholders, find_placeholders
from upcall.edge_runtime.redaction.policy import Action, Policy
from upcall.edge_runtime.redaction.terms import Automaton
from upcall.edge_runtime.redaction.vault import Vault

PLACEHOLDER_INSTRUCTION = (
    "Text of the form [[TYPE_1_xx]] stands for private words that you do not see. Copy each one exactly as it is, character by "
    "character; never translate, change, explain or invent one."
)
"""Told to the cloud whenever something is masked. It is not itself a placeholder."""

_MAX_ROUNDS = 8  # masking can lay open another finding; a second round was the most seen


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

    Raises:
        RedactionError: messages are given although something is blocked.
    """

    messages: tuple[Message, ...]
    counts: Mapping[EntityType, int]
    blocked: frozenset[EntityType]
    rules_version: str
    sent_sha256: bytes = field(repr=False)
    masked: tuple[tuple[str, EntityType], ...] = ()

    def __post_init__(self) -> None:
        if self.blocked and self.messages:
            raise RedactionError(f"Blocked and yet to be sent: {', '.join(sorted(self.blocked))}.")
        object.__setattr__(self, "counts", MappingProxyType(dict(self.counts)))


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
    messages: Sequence[Message], *, detector: Detector, vault: Vault, policy: Policy
) -> RedactedMessages:
    """Replace everything private in a conversation by placeholders.

    A value found once, now or earlier in the conversation of the vault, is masked wherever it stands (terms of the user's
    list only as whole words), and the result is searched again until the detector finds nothing more to mask in it.
    ``vault.restore`` of a result gives the message back exactly, even one that quotes placeholders: one that was minted
    earlier is masked itself. When something is masked, PLACEHOLDER_INSTRUCTION is added to the leading system message,
    or as one.

    Args:
        messages: all that would be sent, system message included.
        detector: what is private.
        vault: of this conversation; grows.
        policy: what to do with it.

    Raises:
        RedactionError: a rule failed, or masking came to no end; nothing may be sent.
        InputError: a message with its placeholders is longer than a message may be.
    """
    masking = _Masking([message.content for message in messages], detector=detector, vault=vault, policy=policy)
    blocked = masking.run()
    if blocked:
        return RedactedMessages((), {}, blocked, detector.rules_version, b"")
    redacted = [Message(message.role, text) for message, text in zip(messages, masking.texts, strict=True)]
    masked = masking.masked()
    counts: dict[EntityType, int] = {}
    for _, entity_type in masked:
        counts[entity_type] = counts.get(entity_type, 0) + 1
    if masked:
        redacted = _instructed(redacted)
    digest = sent_sha256(message.content for message in redacted)
    return RedactedMessages(tuple(redacted), counts, frozenset(), detector.rules_version, digest, masked)


def _instructed(messages: list[Message]) -> list[Message]:
    if messages and messages[0].role is Role.SYSTEM:
        first = Message(Role.SYSTEM, f"{messages[0].content}\n\n{PLACEHOLDER_INSTRUCTION}")
        return [first, *messages[1:]]
    return [Message(Role.SYSTEM, PLACEHOLDER_INSTRUCTION), *messages]


class _Masking:
    """The texts of one conversation on their way from as written to as sent."""

    def __init__(self, texts: Sequence[str], *, detector: Detector, vault: Vault, policy: Policy) -> None:
        self.texts = list(texts)
        self._detector = detector
        self._vault = vault
        self._policy = policy
        self._everywhere = {value: kind for kind, value in vault.values if kind is not EntityType.CUSTOM}
        self._quoted = [self._quotations(text) for text in texts]

    def _quotations(self, text: str) -> list[Span]:
        """Placeholders of this vault that the input quotes: restored, they would become what they only name."""
        self._vault.reserve(text)
        return [
            Span(start, end, EntityType.CUSTOM, "quoted_placeholder")
            for start, end, found in find_placeholders(text)
            if self._vault.is_minted(found)
        ]

    def run(self) -> frozenset[EntityType]:
        """Mask until nothing is left; return the types that block, if any, at once."""
        for _ in range(_MAX_ROUNDS):
            found = [self._detector.claims(text) for text in self.texts]
            types = {span.entity_type for spans in found for span in spans}
            blocked = frozenset(kind for kind in types if self._policy.action(kind) is Action.BLOCK)
            if blocked:
                return blocked
            claims = [[span for span in spans if self._masks(span)] for spans in found]
            self._propagate(claims)
            if not any(claims) and not any(self._quoted):
                return frozenset()
            for index, spans in enumerate(claims):
                self.texts[index] = self._cut(self.texts[index], spans + self._quoted[index])
            self._quoted = [[] for _ in self.texts]
        raise RedactionError("Masking came to no end.", next_step="ask with the strategy local")

    def _masks(self, span: Span) -> bool:
        return self._policy.action(span.entity_type) is Action.MASK

    def _propagate(self, claims: list[list[Span]]) -> None:
        """Add to the claims every other mention of a value that was claimed anywhere."""
        for text, spans in zip(self.texts, claims, strict=True):
            for span in (*spans, *self._detector.merge(spans)):
                if span.entity_type is not EntityType.CUSTOM:
                    self._everywhere.setdefault(text[span.start : span.end], span.entity_type)
        if not self._everywhere:
            return
        automaton = Automaton(self._everywhere)
        for text, spans in zip(self.texts, claims, strict=True):
            spans.extend(self._mentions(automaton, blank_placeholders(text)))

    def _mentions(self, automaton: Automaton, text: str) -> Iterator[Span]:
        for end, lengths in automaton.occurrences(text):
            start = end - lengths[0]
            yield Span(start, end, self._everywhere[text[start:end]], "mention")

    def _cut(self, text: str, spans: Iterable[Span]) -> str:
        pieces: list[str] = []
        position = 0
        for span in self._detector.merge(spans):
            minted = self._vault.placeholder(span.entity_type, text[span.start : span.end])
            pieces += [text[position : span.start], minted]
            position = span.end
        return "".join([*pieces, text[position:]])

    def masked(self) -> tuple[tuple[str, EntityType], ...]:
        """Placeholders of the vault in the texts, each once, with their types."""
        types = {self._vault.placeholder(kind, value): kind for kind, value in self._vault.values}
        found = (minted for text in self.texts for _, _, minted in find_placeholders(text) if minted in types)
        return tuple((minted, types[minted]) for minted in dict.fromkeys(found))
