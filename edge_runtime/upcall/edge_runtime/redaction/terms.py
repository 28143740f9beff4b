"""All occurrences of many strings in one pass over a text (Aho–Corasick), and the user's own terms."""

from __future__ import annotations

import functools
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.characters import CharacterTable, is_whole

MAX_TERMS = 10_000
MAX_TERM_CHARACTERS = 256


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

    Args:
        terms: as the user wrote them.
        characters: for disguises and word borders.
        purpose: name of the list, for errors.

    Raises:
        InputError: more than MAX_TERMS terms, one longer than MAX_TERM_CHARACTERS, or one without a visible character.
    """

    def __init__(self, terms: Iterable[str], *, characters: CharacterTable, purpose: str) -> None:
        self._characters = characters
        given = tuple(terms)
        if len(given) > MAX_TERMS:
            raise InputError(f"The {purpose} list has {len(given):,} terms.", allowed=f"at most {MAX_TERMS:,}")
        self._folded = frozenset(self._checked(term, number, purpose) for number, term in enumerate(given, 1))
        self._automaton = Automaton(self._folded) if given else None

    def _checked(self, term: str, number: int, purpose: str) -> str:
        if len(term) > MAX_TERM_CHARACTERS:
            raise InputError(
                f"Term {number} of the {purpose} list has {len(term):,} characters.",
                allowed=f"at most {MAX_TERM_CHARACTERS}",
            )
        folded = self._fold(term)[0].strip()
        if not folded or "\x00" in folded:
            raise InputError(
                f"Term {number} of the {purpose} list is empty or not text.",
                allowed="at least one visible character",
                next_step="remove it",
            )
        return folded

    def __contains__(self, value: str) -> bool:
        return bool(self._folded) and self._fold(value)[0].strip() in self._folded

    def shares_with(self, other: Terms) -> bool:
        """Whether one term stands in both lists."""
        return not self._folded.isdisjoint(other._folded)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where terms stand in a text, in code points of it; at each end the longest one that is a whole word."""
        if self._automaton is None:
            return
        folded, offsets = self._fold(text)
        for end, lengths in self._automaton.occurrences(folded):
            for length in lengths:
                start = end - length
                if is_whole(folded, start, end, self._characters.unspaced):
                    yield offsets[start], offsets[end - 1] + 1
                    break

    def _fold(self, text: str) -> tuple[str, range | list[int]]:
        if text.isascii():
            return text.lower(), range(len(text))
        pieces: list[str] = []
        offsets: list[int] = []
        replacements = self._characters.replacements
        for index, character in enumerate(text):
            plain = replacements.get(character, character)
            piece = _folded(plain or (character if unicodedata.combining(character) else ""))
            pieces.append(piece)
            offsets.extend([index] * len(piece))
        return "".join(pieces), offsets


@functools.lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    # Decomposed, so that a letter with its mark is equal however it was typed.
    return unicodedata.normalize("NFD", character.casefold())
