"""All occurrences of many strings in one pass over a text (Aho–Corasick), and the user's own terms."""

from __future__ import annotations

import functools
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.characters import CharacterTable, is_whole, without_surrogates
from upcall.edge_runtime.redaction.limits import limits

_LIMITS = limits("terms")
MAX_TERMS = _LIMITS["most_terms"]
MAX_TERM_CHARACTERS = _LIMITS["longest_term"]
_SHORTEST_IN_NAMES = (
    3  # characters of a term that is looked for inside names of programs: shorter ones mean anything there
)


class Automaton:
    """Finds strings in time linear in the text, however many there are.

    Source: Aho and Corasick 1975, with links to the next shorter string that also ends there.

    Args:
        strings: none of them empty.
    """

    def __init__(self, strings: Iterable[str]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._length: list[int] = [0]
        for string in strings:
            node = 0
            for character in string:
                following = self._next[node].get(character)
                if following is None:
                    following = len(self._next)
                    self._next[node][character] = following
                    self._next.append({})
                    self._length.append(0)
                node = following
            self._length[node] = len(string)
        self._fail = [0] * len(self._next)
        self._shorter = [0] * len(self._next)
        self._link()

    def _link(self) -> None:
        queue = deque(self._next[0].values())
        while queue:
            node = queue.popleft()
            for character, following in self._next[node].items():
                queue.append(following)
                fail = self._fail[node]
                while fail and character not in self._next[fail]:
                    fail = self._fail[fail]
                fail = self._next[fail].get(character, 0)
                self._fail[following] = fail
                self._shorter[following] = fail if self._length[fail] else self._shorter[fail]

    def occurrences(self, text: str) -> Iterator[tuple[int, tuple[int, ...]]]:
        """For each place where a string ends: that end, and the lengths of all strings ending there, longest first."""
        node = 0
        edges, fail, length = self._next, self._fail, self._length
        for index, character in enumerate(text):
            while node and character not in edges[node]:
                node = fail[node]
            node = edges[node].get(character, 0)
            if node and (length[node] or self._shorter[node]):
                yield index + 1, self._lengths(node)

    def _lengths(self, node: int) -> tuple[int, ...]:
        found = []
        while node:
            if self._length[node]:
                found.append(self._length[node])
            node = self._shorter[node]
        return tuple(found)


class Terms:
    """The user's own words, found in any case, at the borders of words, whatever punctuation stands around them.

    A blank in a term stands for any run of blanks, for a line end with marks of quotation or comment, for a hyphen, an
    underscore and the like, and for the hump of an identifier: ``Project Heron`` is also ``project_heron`` and
    ``ProjectHeron``.

    Args:
        terms: as the user wrote them.
        characters: for disguises and word borders.
        gap: matches what may stand for a blank.
        purpose: name of the list, for errors.

    Raises:
        InputError: more than MAX_TERMS terms, one longer than MAX_TERM_CHARACTERS, one without a visible
            character, or one with a lone surrogate.
    """

    def __init__(self, terms: Iterable[str], *, characters: CharacterTable, gap: Any, purpose: str) -> None:
        self._characters = characters
        self._gap = gap
        given = tuple(terms)
        if len(given) > MAX_TERMS:
            raise InputError(f"The {purpose} list has {len(given):,} terms.", allowed=f"at most {MAX_TERMS:,}")
        self._folded = frozenset(self._checked(term, number, purpose) for number, term in enumerate(given, 1))
        self._automaton = Automaton(self._folded) if given else None
        apart = {self._spaced(term, term, range(len(term)))[0] for term in self._folded}
        self._spaced_terms = frozenset(term for term in apart if " " in term)
        self._spaced_automaton = Automaton(self._spaced_terms) if self._spaced_terms else None

    def _checked(self, term: str, number: int, purpose: str) -> str:
        if len(term) > MAX_TERM_CHARACTERS:
            raise InputError(
                f"Term {number} of the {purpose} list has {len(term):,} characters.",
                allowed=f"at most {MAX_TERM_CHARACTERS}",
            )
        folded = self._fold(term)[0].strip()
        if not folded or "\x00" in folded or without_surrogates(term) != term:
            raise InputError(
                f"Term {number} of the {purpose} list is empty or not text.",
                allowed="at least one visible character",
                next_step="remove it",
            )
        return folded

    def __contains__(self, value: str) -> bool:
        if not self._folded:
            return False
        folded, offsets = self._fold(value)
        return folded.strip() in self._folded or self._spaced(value, folded, offsets)[0].strip() in self._spaced_terms

    def shares_with(self, other: Terms) -> bool:
        """Whether one term stands in both lists."""
        return not (self._folded.isdisjoint(other._folded) and self._spaced_terms.isdisjoint(other._spaced_terms))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where terms stand in a text, in code points of it; at each end the longest one that is a whole word."""
        if self._automaton is None:
            return
        folded, offsets = self._fold(text)
        found = dict.fromkeys(self._found(self._automaton, text, folded, offsets))
        if self._spaced_automaton is not None:
            for has_humps in (False, True):
                spaced = self._spaced(text, folded, offsets, has_humps=has_humps)
                found.update(dict.fromkeys(self._found(self._spaced_automaton, text, *spaced)))
        yield from found

    def _found(self, automaton: Automaton, text: str, folded: str, offsets: Sequence[int]) -> Iterator[tuple[int, int]]:
        for end, lengths in automaton.occurrences(folded):
            for length in lengths:
                low, high = offsets[end - length], offsets[end - 1] + 1
                in_names = length >= _SHORTEST_IN_NAMES
                if self._is_border(text, low, in_names) and self._is_border(text, high, in_names):
                    yield low, high
                    break

    def _is_border(self, text: str, place: int, in_names: bool) -> bool:
        """Whether a word can begin or end there, in names of programs also beside an underscore and at a hump."""
        before, after = text[place - 1 : place] if place else "", text[place : place + 1]
        if in_names and ("_" in (before, after) or (before.islower() and after.isupper())):
            return True
        return is_whole(text, place, len(text), self._characters.unspaced)

    def _spaced(
        self, text: str, folded: str, offsets: Sequence[int], *, has_humps: bool = False
    ) -> tuple[str, list[int]]:
        """The folded text with one blank for each gap between words, and one at each hump where those count."""
        blanks = {match.start(): match.end() for match in self._gap.finditer(folded)}
        pieces: list[str] = []
        places: list[int] = []
        position = 0
        while position < len(folded):
            place = offsets[position]
            if position in blanks:
                pieces.append(" ")
                places.append(place)
                position = blanks[position]
                continue
            is_new = has_humps and position > 0 and place != offsets[position - 1]
            if is_new and text[place].isupper() and text[place - 1].islower():
                pieces.append(" ")
                places.append(place)
            pieces.append(folded[position])
            places.append(place)
            position += 1
        return "".join(pieces), places

    def _fold(self, text: str) -> tuple[str, range | list[int]]:
        if text.isascii():
            return text.lower(), range(len(text))
        pieces: list[str] = []
        offsets: list[int] = []
        replacements = self._characters.replacements
        for index, character in enumerate(text):
            plain = replacements.get(character, character)
            piece = folded(plain or (character if unicodedata.combining(character) else ""))
            pieces.append(piece)
            offsets.extend([index] * len(piece))
        return "".join(pieces), offsets


@functools.lru_cache(maxsize=4096)
def folded(character: str) -> str:
    """A character in the form in which terms are compared: without its case, marks apart, so that all ways to type are one."""
    return unicodedata.normalize("NFD", character.casefold())
