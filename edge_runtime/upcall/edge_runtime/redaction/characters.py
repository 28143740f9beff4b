"""Characters that hide or separate words: the shadow copy of a text, and what counts as part of a word."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_FULL_WIDTH_OFFSET = 0xFEE0  # from U+FF01 back to U+0021


@dataclass(frozen=True, slots=True)
class Shadow:
    """A plainer copy of a text. Only the copy is searched for disguised values; what is cut is the original.

    Args:
        text: the copy.
        starts, ends: for each character of the copy, where in the original that stands begins and ends for which it stands.
    """

    text: str = field(repr=False)
    starts: Sequence[int] = field(repr=False)
    ends: Sequence[int] = field(repr=False)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where [start, end) of the copy stands in the original; 0 ≤ start < end ≤ length of the copy."""
        return self.starts[start], self.ends[end - 1]

    def over(self, other: Shadow) -> Shadow:
        """This copy of the copy ``other``, as a copy of the original of that one."""
        return Shadow(
            self.text, [other.starts[start] for start in self.starts], [other.ends[end - 1] for end in self.ends]
        )


def rewritten(text: str, edits: Iterable[tuple[int, int, str]]) -> Shadow | None:
    """The text with each [start, end) replaced, or None where there is nothing to replace.

    Args:
        text: any.
        edits: in order, none overlapping; a replacement is one character or none.
    """
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for start, end, plain in edits:
        pieces += [text[position:start], plain]
        starts.extend(range(position, start))
        ends.extend(range(position + 1, start + 1))
        if plain:
            starts.append(start)
            ends.append(end)
        position = end
    if not position:
        return None
    starts.extend(range(position, len(text)))
    ends.extend(range(position + 1, len(text) + 1))
    return Shadow("".join([*pieces, text[position:]]), starts, ends)


@dataclass(frozen=True, slots=True)
class CharacterTable:
    """What each character stands for; read from proto/rules/characters.json and unicode.json.

    Args:
        replacements: character to its plain form, empty for one that is left out.
        confusable: letter of another script to the Latin letter that looks like it.
        unspaced: inclusive ranges of scripts that put no spaces between words.
        unassigned: matches a character that the pinned version of Unicode does not know.
    """

    replacements: Mapping[str, str]
    confusable: Mapping[str, str]
    unspaced: tuple[tuple[int, int], ...]
    unassigned: re.Pattern[str]
    _points: dict[int, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        points = {ord(character): plain for character, plain in {**self.replacements, **self.confusable}.items()}
        object.__setattr__(self, "_points", points)

    def readable(self, text: str) -> str:
        """The text as every language reads it, of the same length.

        U+FFFD stands for a lone surrogate, and for a character that is newer than the pinned version of Unicode: a newer Python
        would see a letter or a digit in it.
        """
        return text if text.isascii() else self.unassigned.sub("\ufffd", without_surrogates(text))

    def shadow(self, text: str) -> Shadow | None:
        """The shadow copy of a text, or None where it would be the same."""
        if text.isascii():
            return None
        plain = text.translate(self._points)
        if len(plain) == len(text):
            return None if plain == text else Shadow(plain, range(len(text)), range(1, len(text) + 1))
        dropped = [index for index, character in enumerate(text) if self._points.get(ord(character)) == ""]
        kept = rewritten(text, ((index, index + 1, "") for index in dropped))
        return Shadow(plain, kept.starts, kept.ends) if kept else None


def character_table(data: Mapping[str, object], unicode: Mapping[str, object]) -> CharacterTable:
    """Build the table from the parsed proto/rules/characters.json and unicode.json.

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
    replacements.update(_runs(data["compatible"]))
    unassigned = "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in _ranges(unicode["unassigned"]))
    return CharacterTable(
        replacements, dict(_runs(data["confusable"])), tuple(_ranges(data["unspaced"])), re.compile(f"[{unassigned}]")
    )


def _runs(listed: object) -> Iterator[tuple[str, str]]:
    if not isinstance(listed, Mapping):
        raise TypeError("an object of code points is needed")
    for first, plain in listed.items():
        for offset, character in enumerate(str(plain)):
            yield chr(int(first, 16) + offset), character


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


def is_whole(text: str, start: int, end: int, unspaced: tuple[tuple[int, int], ...]) -> bool:
    """Whether [start, end) of a text is no part of a longer word on either side."""

    def joined(border: int) -> bool:
        return 0 < border < len(text) and is_letter(text[border - 1], unspaced) and is_letter(text[border], unspaced)

    return not (joined(start) or joined(end))


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
