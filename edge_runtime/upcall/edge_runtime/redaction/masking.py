"""Replaces what is private in documents by placeholders, until nothing is left to find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from upcall.edge_runtime.errors import RedactionError
from upcall.edge_runtime.redaction.characters import is_whole
from upcall.edge_runtime.redaction.detector import Detector
from upcall.edge_runtime.redaction.documents import Mask, PlainText
from upcall.edge_runtime.redaction.entities import EntityType, Span
from upcall.edge_runtime.redaction.limits import limits
from upcall.edge_runtime.redaction.names.scripts import unread_letters
from upcall.edge_runtime.redaction.placeholders import (
    BLANK,
    blank_placeholders,
    find_placeholders,
    planted_placeholders,
)
from upcall.edge_runtime.redaction.policy import Action, Policy
from upcall.edge_runtime.redaction.terms import Automaton
from upcall.edge_runtime.redaction.vault import Vault

_LIMITS = limits("masking")
_MAX_ROUNDS = _LIMITS["most_rounds"]  # masking can lay open another finding; a second round was the most seen
_NEVER_ELSEWHERE = frozenset({EntityType.CUSTOM, EntityType.AGE})
"""A term of the user's list is found by its own rule, and an age is a number that may mean anything elsewhere."""
_WORDS = frozenset(
    {EntityType.PERSON, EntityType.ADDRESS, EntityType.ORG, EntityType.LOCATION, EntityType.DATE_OF_BIRTH}
)
"""Written as words: found elsewhere only as whole words, or the name Ann would be masked in every annual report."""
_SHORTEST = _LIMITS["shortest"]  # characters of what is looked for elsewhere
_LONG = _LIMITS["long"]  # characters of a number or a key that is looked for inside longer ones, too
_SHORTEST_WORD = _LIMITS["shortest_word"]  # of what is written as words: a single letter says nothing elsewhere
# of what is written as words: the house number 12 is no address elsewhere
_SHORTEST_NUMBER = _LIMITS["shortest_number"]


class Masking:
    """Documents that are masked together: a value found in one of them is masked in all.

    Args:
        documents: changed in place.
        detector: what is private.
        vault: gives the placeholders; grows.
        policy: what to do with a finding.
        remembers: also mask what the vault already holds, wherever it stands.
        keeps_placeholders: those of the vault stay as they are: the documents were masked before and edited since. Else they
            are masked themselves: restored, they would become what they only name.
    """

    def __init__(
        self,
        documents: Sequence[PlainText],
        *,
        detector: Detector,
        vault: Vault,
        policy: Policy,
        remembers: bool = True,
        keeps_placeholders: bool = False,
    ) -> None:
        self._documents = documents
        self._detector = detector
        self._vault = vault
        self._policy = policy
        self._elsewhere: dict[str, EntityType] = {}
        self._automaton: Automaton | None = None  # of what is in _elsewhere
        for entity_type, value in vault.values if remembers else ():
            self._remember(entity_type, value)
        self._unread_letters = 0
        if policy.unread_script is Action.BLOCK:
            self._unread_letters = sum(unread_letters(document.current) for document in documents)
        quoted = [self._quotations(document.current) for document in documents]
        self._quoted = [[] for _ in documents] if keeps_placeholders else quoted
        self._found: list[list[Span]] = [[] for _ in documents]

    def _quotations(self, text: str) -> list[Span]:
        self._vault.reserve(text)
        return [
            Span(start, end, EntityType.CUSTOM, "quoted_placeholder")
            for start, end, forms in planted_placeholders(text)
            if any(map(self._vault.is_minted, forms))
        ]

    @property
    def unread_letters(self) -> int:
        """Letters of scripts that the name model does not read, for which the policy keeps the documents here; else 0."""
        return self._unread_letters

    def run(self) -> frozenset[EntityType]:
        """Mask until nothing is left; return the types that block, if any, at once. With ``unread_letters`` nothing is masked.

        Raises:
            RedactionError: a rule failed, or masking came to no end; nothing may be sent.
        """
        if self._unread_letters:
            return frozenset()
        for turn in range(_MAX_ROUNDS):
            # Names once: around placeholders a model would only find more that is none, for twice the time.
            found = [self._detector.claims(document.current, with_names=not turn) for document in self._documents]
            types = {span.entity_type for spans in found for span in spans}
            blocked = frozenset(kind for kind in types if self._policy.action(kind) is Action.BLOCK)
            claims = [
                [span for span in spans if self._policy.action(span.entity_type) is not Action.ALLOW] for spans in found
            ]
            if blocked:
                self._found = claims
                return blocked
            self._propagate(claims)
            if not sum(self._cut(index, spans) for index, spans in enumerate(claims)):
                return frozenset()
        raise RedactionError("Masking came to no end.", next_step="ask with the strategy local")

    def spans(self, index: int) -> tuple[Span, ...]:
        """What is private in a document, in code points of the text as it was given; as far as it was searched."""
        document = self._documents[index]
        cut = [mask.span for mask in document.masks]
        found = document.pieces(self._detector.merge(self._found[index]))
        return document.as_written(sorted([*cut, *found], key=lambda span: span.start))

    def _remember(self, entity_type: EntityType, value: str) -> None:
        if entity_type in _NEVER_ELSEWHERE:
            return
        shortest = _SHORTEST
        if entity_type in _WORDS:
            shortest = _SHORTEST_WORD if any(map(str.isalpha, value)) else _SHORTEST_NUMBER
        if len(value) < shortest:
            return
        if value not in self._elsewhere:
            self._elsewhere[value] = entity_type
            self._automaton = None

    def _propagate(self, claims: list[list[Span]]) -> None:
        """Add to the claims every other mention of a value that was claimed anywhere."""
        for document, spans in zip(self._documents, claims, strict=True):
            for span in filter(document.holds, (*spans, *self._detector.merge(spans))):
                self._remember(span.entity_type, document.current[span.start : span.end])
        if not self._elsewhere:
            return
        if self._automaton is None:
            self._automaton = Automaton(self._elsewhere)
        for document, spans in zip(self._documents, claims, strict=True):
            claimed = {(span.start, span.end) for span in spans}
            mentions = self._mentions(self._automaton, document.current)
            spans.extend(span for span in mentions if (span.start, span.end) not in claimed)

    def _mentions(self, automaton: Automaton, current: str) -> Iterator[Span]:
        text = blank_placeholders(current)
        for start, end in self._detector.allowed(text):  # a part of an allowed name is no mention
            text = text[:start] + BLANK * (end - start) + text[end:]
        for end, lengths in automaton.occurrences(text):
            for length in lengths:
                value = text[end - length : end]
                if value != current[end - length : end]:  # of a value that holds what placeholders are blanked with
                    continue
                entity_type = self._elsewhere[value]
                if self._stands_alone(text, end - length, end, entity_type):
                    yield Span(end - length, end, entity_type, "mention")
                    break

    def _stands_alone(self, text: str, start: int, end: int, entity_type: EntityType) -> bool:
        """Whether what stands beside a value leaves it that value: 100000 is none in 1000000, a password is in any word."""
        if entity_type in _WORDS:
            return is_whole(text, start, end, self._detector.unspaced)
        if end - start >= _LONG or (entity_type is EntityType.SECRET and not text[start:end].isdigit()):
            return True
        return not (_goes_on(text[start - 1 : start], text[start]) or _goes_on(text[end : end + 1], text[end - 1]))

    def _cut(self, index: int, claims: list[Span]) -> int:
        """Mask what was claimed in a document, and say how much that was."""
        document, quoted = self._documents[index], self._quoted[index]
        self._quoted[index] = []
        # No claim reaches into a placeholder, so pieces and quotations never overlap.
        spans = sorted([*document.pieces(self._detector.merge(claims)), *quoted], key=lambda span: span.start)
        document.cut([Mask(span, self._minted(document, span)) for span in spans])
        return len(spans)

    def _minted(self, document: PlainText, span: Span) -> str:
        value = document.original[span.start : span.end]
        return self._vault.placeholder(span.entity_type, value, is_number=document.is_number(span.start, span.end))

    def masked(self) -> tuple[tuple[str, EntityType], ...]:
        """Placeholders of the vault in the documents as sent, each once, with their types, in order of appearance."""
        found = (minted for document in self._documents for _, _, minted in find_placeholders(document.current))
        entries = ((minted, self._vault.entry(minted)) for minted in dict.fromkeys(found))
        return tuple((minted, entry.entity_type) for minted, entry in entries if entry is not None)


def _goes_on(beside: str, edge: str) -> bool:
    """Whether the character beside the edge of a number or a key belongs to it: a digit to all, a letter to letters."""
    return beside.isdigit() or (edge.isalpha() and beside.isalpha())
