"""From the probabilities of a token classifier to spans: which words are private, what they are, and which belong together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.limits import limits
from upcall.edge_runtime.redaction.names.rules import NameRules
from upcall.edge_runtime.redaction.placeholders import BLANK

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+(?:(?<=[^\W\d_])['’-](?=[^\W\d_])[^\W_]+)*")
_POSSESSIVE = ("'s", "’s", "'S", "’S")
_PERSON_GAP = re.compile(r"[ \u00a0]{1,3}|[ ]?-[ ]?|['’.]")
_INITIAL_GAP = re.compile(r"\.?[ \t\u00a0]{1,3}")
_INITIAL = re.compile(r"[ \t\u00a0][^\W\d_]\.?[ \t\u00a0]")
_NUMBER_GAP = re.compile(r"[ \t\u00a0]?[-.@/+()_:]{0,2}[ \t\u00a0]?")
_ADDRESS_GAP = re.compile(r"[\w\s,.;#/()'’-]*")
_ARITHMETIC = re.compile(r"\s*[+*/×÷=^<>%-]\s+|\s*[*×÷=^<>%]\s*")
_BEGINNING = re.compile(r"(?:\A|[.!?¿¡]) *\Z")
_NEVER = 1.0
_LIMITS = limits("names_decoding")
_BEGINNING_REACH = _LIMITS["beginning_reach"]  # characters before a word in which the end of a sentence must stand
_POSTCODE_REACH = _LIMITS["postcode_reach"]  # characters before a number in which a word such as "zip" must stand
_FEWEST_POSTCODE = _LIMITS["fewest_postcode_digits"]
# Characters before a number in which a word such as "passport" must stand.
_IDENTIFIER_REACH = _LIMITS["identifier_reach"]
_FEWEST_DIGITS = _LIMITS["fewest_digits"]  # of an identifier
_LONGEST_IDENTIFIER = _LIMITS["longest_identifier"]  # characters without a space; hashes and UUIDs are longer
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
NAMES = frozenset({EntityType.PERSON, EntityType.ADDRESS, EntityType.LOCATION})
_PLACES = frozenset({EntityType.ADDRESS, EntityType.LOCATION})


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a token classifier says of one text.

    Args:
        offsets: [n, 2], where each token stands, half-open, in code points; equal for tokens that stand for no text.
        probabilities: [n, labels], each row sums to 1.
    """

    offsets: NDArray[np.int64] = field(repr=False)
    probabilities: NDArray[np.float32] = field(repr=False)


@dataclass(slots=True)
class Word:
    """One word of the text, with what the model thinks of it.

    Args:
        start, end: half-open, code points.
        value: as written.
        kind: the likeliest private type; None where there is hardly any mass.
        mass: on all private labels together, 0 to 1, the most of its tokens.
    """

    start: int
    end: int
    value: str = field(default="", repr=False)
    kind: EntityType | None = None
    mass: float = 0.0


@dataclass(slots=True)
class Piece:
    """A finding that may still grow: first and last word, type, and the most mass of its words."""

    first: int
    last: int
    kind: EntityType
    score: float


def words_of(text: str) -> list[Word]:
    """The words of a text: letters, digits and marks, joined by single apostrophes and hyphens; a possessive 's is left out."""
    found = [match.span() for match in _WORD.finditer(text)]
    if not text.isascii():
        found = _with_marks(text, found)
    words = []
    for start, end in found:
        last = end - 2 if end - start > 2 and text[end - 2 : end] in _POSSESSIVE else end
        words.append(Word(start, last, text[start:last]))
    return words


def _with_marks(text: str, found: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Combining marks belong to the word that they follow, and join what stands on both sides of them."""
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and joined[-1][1] == start:
            start = joined.pop()[0]
        while end < len(text) and not text[end].isascii() and unicodedata.category(text[end]).startswith("M"):
            end += 1
        joined.append((start, end))
    return joined


def is_mixed_case(text: str) -> bool:
    """Whether a text has capital and small letters, so that a capital says something."""
    return not (text.islower() or text.isupper())


class Decoder:
    """Marks words by the mass 1 − P(O) of their tokens, and joins those that belong together.

    Args:
        rules: thresholds and lists.
        labels: of the model in order, ``O``, ``B-NAME`` and ``I-NAME``.

    Raises:
        KeyError: a label that the rules do not name.
    """

    def __init__(self, rules: NameRules, labels: Sequence[str]) -> None:
        self._rules = rules
        words = "|".join(map(re.escape, rules.postcode_words))
        self._postcode_word = re.compile(rf"(?<![^\W_])(?<!\.)(?:{words})")
        named = [None if label == "O" else rules.labels[label.partition("-")[2]] for label in labels]
        self._kinds = tuple(dict.fromkeys(kind for kind in named if kind is not None))
        self._groups = np.zeros((len(labels), len(self._kinds)), np.float32)
        for row, kind in enumerate(named):
            if kind is not None:
                self._groups[row, self._kinds.index(kind)] = 1

    def mark(self, words: Sequence[Word], tokens: Tokens) -> None:
        """Give each word its kind and mass."""
        if not words or not len(tokens.offsets):
            return
        masses = tokens.probabilities @ self._groups
        begin, end = tokens.offsets[:, 0], tokens.offsets[:, 1]
        ends = np.fromiter((word.end for word in words), np.int64, len(words))
        starts = np.fromiter((word.start for word in words), np.int64, len(words))
        of = np.searchsorted(ends, begin, side="right")
        inside = (of < len(words)) & (begin < end)
        inside[inside] = starts[of[inside]] < end[inside]
        of, masses = of[inside], masses[inside]
        if not len(of):
            return
        # Tokens come in order, so those of one word are neighbours.
        first = np.flatnonzero(np.concatenate(([True], of[1:] != of[:-1])))
        kinds = np.add.reduceat(masses, first)
        most = np.maximum.reduceat(masses.sum(axis=1), first)
        of = of[first]
        best = kinds.argmax(axis=1)
        for row in np.flatnonzero(most > self._rules.thresholds.beside).tolist():
            word = words[of[row]]
            word.kind, word.mass = self._kinds[best[row]], float(most[row])

    def pieces(self, text: str, words: Sequence[Word], forms: Sequence[Piece] = ()) -> list[Piece]:
        """What is private, in order, none overlapping.

        Args:
            text: that the words are of.
            words: marked.
            forms: addresses that were found by their form; what they touch joins them.
        """
        mixed = is_mixed_case(text)
        taken = {index for form in forms for index in range(form.first, form.last + 1)}
        found = [
            Piece(index, index, kind, mass)
            for index, kind, mass in self._private(text, words, mixed=mixed)
            if index not in taken
        ]
        found = sorted([*found, *forms], key=lambda piece: piece.first)
        joined: list[Piece] = []
        for piece in found:
            if joined and (kind := self._joint(text, words, joined[-1], piece, mixed=mixed)):
                last = joined[-1]
                joined[-1] = Piece(last.first, piece.last, kind, max(last.score, piece.score))
            else:
                joined.append(piece)
        return [piece for piece in joined if self._is_plausible(text, words, piece)]

    def _is_plausible(self, text: str, words: Sequence[Word], piece: Piece) -> bool:
        """Whether numbers are more than numbers: the model takes sums for house numbers and hashes for licences."""
        start, end = words[piece.first].start, words[piece.last].end
        value = text[start:end]
        if piece.kind is EntityType.ADDRESS and not any(map(str.isalpha, value)):
            before = text[max(0, start - _POSTCODE_REACH) : start].lower()
            is_unit = before.rstrip(" .").rpartition(" ")[2] in self._rules.street_words
            # "unzip" is no "zip", nor is a file's ".zip", and no postcode is as short as a count.
            digits = sum(map(str.isdigit, value))
            return is_unit or (digits >= _FEWEST_POSTCODE and self._postcode_word.search(before) is not None)
        if piece.kind is EntityType.ADDRESS:
            # "page 345", "HTTP 404": a counted thing and its number.
            letters = [part for part in value.lower().split() if part[0].isalpha()]
            return not all(part in self._rules.counted_words for part in letters)
        if piece.kind is EntityType.LOCATION and value.lower() in self._rules.countries:
            return False
        if piece.kind in NAMES:
            return any(word.value not in self._rules.particles for word in words[piece.first : piece.last + 1])
        if piece.kind is EntityType.EMAIL:
            return True
        if piece.kind is not EntityType.PHONE:
            before = text[max(0, start - _IDENTIFIER_REACH) : start].lower()
            if not any(word in before for word in self._rules.identifier_words):
                return False
        longest = max(map(len, value.split()))
        return sum(map(str.isdigit, value)) >= _FEWEST_DIGITS and longest <= _LONGEST_IDENTIFIER

    def _private(self, text: str, words: Sequence[Word], *, mixed: bool) -> Iterator[tuple[int, EntityType, float]]:
        if not any(word.kind for word in words):
            return
        marked = [
            word.kind if word.kind and word.mass > self._threshold(text, word, mixed=mixed) else None for word in words
        ]
        for index in range(len(words) - 1):
            one, other = words[index], words[index + 1]
            are_numbers = text[one.end - 1].isdigit() and text[other.start].isdigit()
            if are_numbers and _ARITHMETIC.fullmatch(text[one.end : other.start]):
                marked[index] = marked[index + 1] = None
        kinds = list(marked)
        for order in (range(len(words)), range(len(words) - 1, -1, -1)):
            before = None
            for index in order:
                word = words[index]
                if kinds[index] is None and before is not None and word.kind in NAMES and word.kind == kinds[before]:
                    low, high = sorted((before, index))
                    is_near = _PERSON_GAP.fullmatch(text[words[low].end : words[high].start])
                    if is_near and not (mixed and self._is_plain(word.value)):
                        kinds[index] = word.kind
                before = index if kinds[index] is not None else None
        if mixed:
            self._drop_small(text, words, kinds)
        for index, kind in enumerate(kinds):
            if kind is not None:
                yield index, kind, words[index].mass

    def _drop_small(self, text: str, words: Sequence[Word], kinds: list[EntityType | None]) -> None:
        """Where a name has capitals, words of small letters beside it are none: in "Zoé Martin demain" the model errs."""
        is_small = [self._is_plain(word.value) for word in words]
        for step, order in ((1, range(1, len(words))), (-1, range(len(words) - 2, -1, -1))):
            is_after_name = [
                kind is EntityType.PERSON and not small for kind, small in zip(kinds, is_small, strict=True)
            ]
            for index in order:
                low, high = min(index, index - step), max(index, index - step)
                if (
                    is_small[index]
                    and is_after_name[index - step]
                    and kinds[index] is EntityType.PERSON
                    and _PERSON_GAP.fullmatch(text[words[low].end : words[high].start])
                ):
                    kinds[index], is_after_name[index] = None, True

    def _threshold(self, text: str, word: Word, *, mixed: bool) -> float:
        limits = self._rules.thresholds
        if word.kind not in NAMES:
            return limits.identifier
        value = word.value
        if any(map(str.isdigit, value)):
            return limits.number
        is_common = value.lower() in self._rules.common_words
        if mixed and self._is_plain(value):
            return _NEVER if is_common else limits.lower
        is_first = mixed and _BEGINNING.search(text, max(0, word.start - _BEGINNING_REACH), word.start)
        return limits.first if is_common or (is_first and word.kind is EntityType.PERSON) else limits.name

    def _is_plain(self, value: str) -> bool:
        """Whether a word has no capital and is none of those within names: hardly a name where names have capitals."""
        return value.islower() and value not in self._rules.particles and value not in self._rules.street_words

    def _joint(self, text: str, words: Sequence[Word], one: Piece, other: Piece, *, mixed: bool) -> EntityType | None:
        """The type of both together, or None where they stay apart."""
        gap = text[words[one.last].end : words[other.first].start]
        if BLANK in gap:
            return None
        if one.kind in _PLACES and other.kind in _PLACES and EntityType.ADDRESS in (one.kind, other.kind):
            values = [word.value for word in words[one.last + 1 : other.first]]
            return EntityType.ADDRESS if self._is_address_gap(gap, values, mixed=mixed) else None
        if one.kind is EntityType.PERSON and other.kind is EntityType.PERSON:
            between = words[one.last + 1 : other.first]
            if not between:
                is_short = words[one.last].end - words[one.last].start <= 2
                return one.kind if _PERSON_GAP.fullmatch(gap) or (is_short and _INITIAL_GAP.fullmatch(gap)) else None
            is_initial = len(between) == 1 and _INITIAL.fullmatch(gap)
            return one.kind if is_initial and not (mixed and gap.islower()) else None
        if one.kind == other.kind and one.kind not in _PLACES and other.first == one.last + 1:
            return one.kind if _NUMBER_GAP.fullmatch(gap) else None
        return None

    def _is_address_gap(self, gap: str, between: Sequence[str], *, mixed: bool) -> bool:
        if len(gap) > self._rules.gap_characters or len(between) > self._rules.gap_words:
            return False
        if not _ADDRESS_GAP.fullmatch(gap) or _BLANK_LINE.search(gap):
            return False
        # "Hill Road and", "22 Pollen Crescent street in": words between two addresses, unless there are no capitals at all.
        return not mixed or not any(self._is_plain(value) for value in between)
