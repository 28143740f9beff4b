"""Characters that hide or separate words: the shadow copy of a text, and what counts as part of a word."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_FULL_WIDTH_OFFSET = 0xFEE0  # from U+FF01 back to U+0021


@dataclass(frozen=True, slots=True)
class Shadow:
    """A plainer copy of a text. Only the copy is searched for disguised numbers; what is cut is the original.

    Args:
        text: the copy.
        offsets: for each character of the copy, its index in the original.
    """

    text: str = field(repr=False)
    offsets: tuple[int, ...] = field(repr=False)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where [start, end) of the copy stands in the original; 0 ≤ start < end ≤ length of the copy."""
        return self.offsets[start], self.offsets[end - 1] + 1


@dataclass(frozen=True, slots=True)
class CharacterTable:
    """What each character stands for; read from proto/rules/characters.json.

    Args:
        replacements: character to its plain form, empty for one that is left out.
        unspaced: inclusive ranges of scripts that put no spaces between words.
    """

    replacements: Mapping[str, str]
    unspaced: tuple[tuple[int, int], ...]

    def shadow(self, text: str) -> Shadow | None:
        """The shadow copy of a text, or None where it would be the same."""
        if text.isascii():
            return None
        plain: list[str] = []
        offsets: list[int] = []
        replacements = self.replacements
        for index, character in enumerate(text):
            replacement = replacements.get(character, character)
            if replacement:
                plain.append(replacement)
                offsets.append(index)
        shadow = "".join(plain)
        return None if shadow == text else Shadow(shadow, tuple(offsets))


def character_table(data: Mapping[str, object]) -> CharacterTable:
    """Build the table from the parsed proto/rules/characters.json.

    Raises:
        KeyError, TypeError, ValueError: the file does not follow its schema.
    """

    def listed(name: str) -> Iterator[int]:
        for low, high in _ranges(data[name]):
            yield from range(low, high + 1)

    replacements: dict[str, str] = {}
    ((low, high),) = _ranges([data["full_width"]])
    replacements.update({chr(point): chr(point - _FULL_WIDTH_OFFSET) for point in range(low, high + 1)})
    for name, plain in (("drop", ""), ("space", " "), ("hyphen", "-"), ("period", "."), ("at", "@")):
        replacements.update({chr(point): plain for point in listed(name)})
    for zero in listed("digit_zeros"):
        replacements.update({chr(zero + digit): str(digit) for digit in range(10)})
    return CharacterTable(replacements, tuple(_ranges(data["unspaced"])))


def _ranges(listed: object) -> Iterator[tuple[int, int]]:
    if not isinstance(listed, Iterable):
        raise TypeError("a list of code points is needed")
    for item in listed:
        low, _, high = str(item).partition("-")
        yield int(low, 16), int(high or low, 16)


def without_surrogates(text: str) -> str:
    """The text with every lone surrogate as U+FFFD, of the same length: RE2 reads UTF-8, which has no surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    return text


@functools.lru_cache(maxsize=4096)
def is_letter(character: str, unspaced: tuple[tuple[int, int], ...]) -> bool:
    """Whether a character next to a finding makes it part of a longer word.

    True for letters, digits, marks and the underscore, except in scripts without spaces, where any neighbour is possible.
    """
    if character.isascii():
        return character.isalnum() or character == "_"
    if not character.isalnum() and not unicodedata.category(character).startswith("M"):
        return False
    point = ord(character)
    return not any(low <= point <= high for low, high in unspaced)
