"""Names that a cue gives away without a model: titles, forms of companies, post boxes; and repetitions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

from upcall.edge_runtime.redaction.entities import EntityType, Span
from upcall.edge_runtime.redaction.limits import limits
from upcall.edge_runtime.redaction.names.decoding import Piece, Word, is_mixed_case
from upcall.edge_runtime.redaction.names.rules import NameRules

_SPACES = re.compile(r"[ \t\u00a0]{1,3}")
_TITLE_GAP = re.compile(r"\.?[ \t\u00a0]{1,3}")
_INITIAL_GAP = re.compile(r"\.[ \u00a0]?")
_COMPANY_GAP = re.compile(r",?[ \t\u00a0]{1,2}|[ \t\u00a0]?&[ \t\u00a0]?|-")
_TAIL_GAP = re.compile(r"[ \t]*[,\n]?[ \t\r\n]{0,8}")
_LIMITS = limits("names_cues")
_NAME_WORDS = _LIMITS["most_name_words"]  # most words after a title, particles not counted
_COMPANY_WORDS = _LIMITS["most_company_words"]  # most words before the form of a company
_LEADING_WORDS = _LIMITS["most_leading_words"]  # most words before an address that are looked at
_SHORTEST_PART = _LIMITS["shortest_part"]  # letters of a part of a name that is looked for on its own


class Cues:
    """Finds and completes names by their surroundings. Needs no model.

    Args:
        rules: lists of cue words.
    """

    def __init__(self, rules: NameRules) -> None:
        self._rules = rules

    def address_forms(self, text: str, words: Sequence[Word]) -> Iterator[Piece]:
        """Post boxes and military addresses, in order, none overlapping."""
        if not any(map(str.isdigit, text)):
            return
        firsts = {word.start: index for index, word in enumerate(words)}
        lasts = {word.end: index for index, word in enumerate(words)}
        end = 0
        found = sorted(match.span() for form in self._rules.address_forms for match in form.finditer(text))
        for low, high in found:
            if low >= end and low in firsts and high in lasts:
                end = high
                yield Piece(firsts[low], lasts[high], EntityType.ADDRESS, self._rules.cue_score)

    def titled(self, text: str, words: Sequence[Word]) -> Iterator[Piece]:
        """Names behind a title such as Dr or Frau; the title itself is not private."""
        mixed = is_mixed_case(text)
        for index, word in enumerate(words):
            if word.value.lower() not in self._rules.honorifics:
                continue
            last = self._name_end(text, words, index, mixed=mixed)
            # Behind "Herr Dr." the name begins after the second title, which has its own turn.
            if last > index and words[index + 1].value.lower() not in self._rules.honorifics:
                yield Piece(index + 1, last, EntityType.PERSON, self._rules.cue_score)

    def _name_end(self, text: str, words: Sequence[Word], title: int, *, mixed: bool) -> int:
        last, named = title, 0
        gap = _TITLE_GAP
        for index in range(title + 1, len(words)):
            value = words[index].value
            if named == (_NAME_WORDS if mixed else 1) or not gap.fullmatch(
                text[words[index - 1].end : words[index].start]
            ):
                break
            if mixed and value in self._rules.particles:
                gap = _SPACES
                continue
            if not value[0].isalpha() or (mixed and not value[0].isupper()):
                break
            if not mixed and (value.lower() in self._rules.common_words or len(value) < _SHORTEST_PART):
                break
            last, named = index, named + 1
            gap = _TITLE_GAP if len(value) == 1 else _SPACES
        return last

    def organisations(self, text: str, words: Sequence[Word]) -> Iterator[Piece]:
        """Names before the form of a company such as GmbH or Inc, with the form."""
        mixed = is_mixed_case(text)
        for index, word in enumerate(words):
            value = word.value
            if value.lower() not in self._rules.organisation_suffixes or (mixed and value.islower()):
                continue
            first = index
            while first and index - first < (_COMPANY_WORDS if mixed else 1):
                before = words[first - 1].value
                gap = text[words[first - 1].end : words[first].start]
                is_name = (
                    before[0].isupper() or before[0].isdigit()
                    if mixed
                    else before.lower() not in self._rules.common_words
                )
                if not _COMPANY_GAP.fullmatch(gap) or not is_name:
                    break
                first -= 1
            while first < index and words[first].value.lower() in self._rules.common_words:
                first += 1
            if first < index:
                yield Piece(first, index, EntityType.ORG, self._rules.cue_score)

    def complete(self, text: str, words: Sequence[Word], piece: Piece) -> Piece:
        """A name with the initials before it; an address with number and words such as "rue" before it, the country behind."""
        if piece.kind is EntityType.PERSON:
            return self._with_initials(text, words, piece)
        if piece.kind is not EntityType.ADDRESS:
            return piece
        first, last = piece.first, piece.last
        for index in range(first - 1, max(-1, first - 1 - _LEADING_WORDS), -1):
            value = words[index].value.lower()
            is_part = value.isdigit() or value in self._rules.street_words
            if not is_part and value not in self._rules.particles:
                break
            if not _TITLE_GAP.fullmatch(text[words[index].end : words[index + 1].start]):
                break
            first = index if is_part else first
        # The model may have taken the first word of "United States" already.
        for begin, count in product((last + 1, last), (4, 3, 2, 1)):
            following = words[begin : begin + count]
            if begin <= first or len(following) < count or begin + count <= last + 1:
                continue
            is_behind = _TAIL_GAP.fullmatch(text[words[begin - 1].end : following[0].start])
            if is_behind and text[following[0].start : following[-1].end].lower() in self._rules.countries:
                last = begin + count - 1
                break
        return Piece(first, last, piece.kind, piece.score)

    def _with_initials(self, text: str, words: Sequence[Word], piece: Piece) -> Piece:
        first = piece.first
        while first and words[first - 1].end - words[first - 1].start == 1:
            gap = text[words[first - 1].end : words[first].start]
            if not text[words[first - 1].start].isupper() or not _INITIAL_GAP.fullmatch(gap):
                break
            first -= 1
        return Piece(first, piece.last, piece.kind, piece.score)

    def repeated(self, text: str, words: Sequence[Word], found: Sequence[Span]) -> Iterator[Span]:
        """Other mentions of the parts of names that were found, as whole words in the same or in all-capital letters."""
        if not any(span.entity_type is EntityType.PERSON for span in found):
            return
        parts: dict[str, Span] = {}
        elsewhere: list[Word] = []
        spans = iter(sorted(found, key=lambda span: span.start))
        span = next(spans, None)
        for word in words:
            while span and span.end <= word.start:
                span = next(spans, None)
            if not span or span.start >= word.end:
                elsewhere.append(word)
            elif span.entity_type is EntityType.PERSON and self._is_telling(word.value):
                parts.setdefault(word.value, span)
                parts.setdefault(word.value.upper(), span)
        for word in elsewhere:
            known = parts.get(word.value)
            if known is not None:
                yield Span(word.start, word.end, EntityType.PERSON, "name_repeated", known.score)

    def _is_telling(self, value: str) -> bool:
        """Whether a part of a name stands for the person on its own, and is no common word."""
        low = value.lower()
        return (
            len(value) >= _SHORTEST_PART
            and not value.isdigit()
            and low not in self._rules.common_words
            and low not in self._rules.particles
            and low not in self._rules.honorifics
        )
