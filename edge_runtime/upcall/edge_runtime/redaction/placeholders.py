"""The grammar of placeholders, the same for masking, restoring and streaming.

``[[EMAIL_1_k7]]``: a type, a number from 1 to 999999, the nonce of the vault in two lower-case base-36 characters. When it
comes back, letters may have another case, up to two spaces or line ends may stand after ``[[``, around the two separating
``_`` and before ``]]``, and a backslash before each ``_``, ``[`` and ``]``, as Markdown writes them. Small models drop
brackets: so ``EMAIL_1_k7`` is one, too, exactly as minted and with no ASCII letter, digit or ``_`` beside it. Nothing else is
a placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

from upcall.edge_runtime.redaction.characters import without_surrogates
from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.limits import limits

_LIMITS = limits("placeholders")
LAST_NUMBER = _LIMITS["last_number"]
NONCE_LENGTH = 2
NONCE_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
BLANK = "\x00"
"""Stands in for each character of a placeholder where rules look; no rule matches it."""

_SPACES = "[ \\r\\n]{0,2}"
# Both brackets with a backslash or none: a mask after a backslash of the text itself keeps it.
_OPEN, _CLOSE = r"(?:\[\[|\\\[\\\[)", r"(?:\]\]|\\\]\\\])"
_LINE = r"\\?_"
_NONCE = "[0-9A-Za-z]{2}"


def _any_case(name: str) -> str:
    # Not (?i): RE2 folds by Unicode, and the Kelvin sign would pass for a k.
    return "".join(f"[{letter}{letter.lower()}]" if letter.isalpha() else _LINE for letter in name)


def _alternatives(names: list[str]) -> str:
    return "(?:" + "|".join(names) + ")"


_TYPE = _alternatives([_any_case(entity_type) for entity_type in EntityType])
_NUMBER = "[1-9][0-9]{0,5}"
_BARE = f"({_alternatives(list(EntityType))})_({_NUMBER})_([{NONCE_CHARACTERS}]{{{NONCE_LENGTH}}})"
_PLACEHOLDER = re2.compile(
    rf"{_OPEN}{_SPACES}({_TYPE}){_SPACES}{_LINE}{_SPACES}({_NUMBER}){_SPACES}{_LINE}{_SPACES}({_NONCE}){_SPACES}{_CLOSE}"
    rf"|\b{_BARE}\b"
)
_PLANTED = re2.compile(_BARE)


def _beginnings(name: str, *, any_case: bool = True) -> str:
    # E(?:M(?:A(?:I)?)?)? : every proper and full beginning of a type, at least one letter.
    pattern = ""
    for letter in reversed(name):
        own = _any_case(letter) if any_case else letter
        own = r"(?:\\|\\?_)" if any_case and letter == "_" else own
        pattern = own + (f"(?:{pattern})?" if pattern else "")
    return pattern


def _begun() -> Iterator[str]:
    yield r"\["
    yield r"\\(?:\[\\?)?"
    head = _OPEN + _SPACES
    yield head
    yield head + _alternatives([_beginnings(entity_type) for entity_type in EntityType])
    head += _TYPE + _SPACES
    yield head + r"\\?"
    head += _LINE + _SPACES
    yield head
    head += _NUMBER + _SPACES
    yield head + r"\\?"
    head += _LINE + _SPACES
    yield head + "[0-9A-Za-z]{0,2}"
    head += _NONCE + _SPACES
    yield head + r"(?:\]|\\(?:\]\\?)?)?"


def _begun_bare() -> Iterator[str]:
    yield _alternatives([_beginnings(entity_type, any_case=False) for entity_type in EntityType])
    head = _alternatives(list(EntityType)) + "_"
    yield head
    yield f"{head}{_NUMBER}"
    yield f"{head}{_NUMBER}_[{NONCE_CHARACTERS}]{{0,{NONCE_LENGTH}}}"


_UNFINISHED = re2.compile(_alternatives(list(_begun())) + r"\z")
# A whole one, too: what follows may show that it is a part of a longer word.
_UNFINISHED_BARE = re2.compile(_alternatives(list(_begun_bare())))
_LAST_WORD = re.compile(r"[0-9A-Za-z_]*\Z")


def placeholder(entity_type: EntityType, number: int, nonce: str) -> str:
    """The placeholder as it is minted, for example ``[[EMAIL_1_k7]]``."""
    return f"[[{entity_type}_{number}_{nonce}]]"


def find_placeholders(text: str, *, in_word: bool = False) -> Iterator[tuple[int, int, str]]:
    """Texts that read as placeholders, minted or not: start, end (code points) and the form in which they would be minted.

    Args:
        text: any text.
        in_word: it goes on from an ASCII letter, a digit or ``_``.
    """
    if "_" not in text:
        return
    shift = int(in_word)
    for match in _PLACEHOLDER.finditer("0" * shift + without_surrogates(text)):
        entity_type, number, nonce = match.groups()[:3] if match.group(1) else match.groups()[3:]
        minted = placeholder(EntityType(entity_type.replace("\\", "").upper()), int(number), nonce.lower())
        yield match.start() - shift, match.end() - shift, minted


def planted_placeholders(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Texts that are placeholders, or would be if the words around them were cut: start, end, and the forms that could be.

    They come in order and do not overlap. ``IP_ADDRESS_1_k7`` could be that, or ``ADDRESS_1_k7``.
    """
    position = 0
    for start, end, minted in find_placeholders(text):
        yield from _planted(text, position, start)
        yield start, end, (minted, *_shorter(minted))
        position = end
    yield from _planted(text, position, len(text))


def _planted(text: str, start: int, end: int) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    if "_" not in text[start:end]:
        return
    for match in _PLANTED.finditer(without_surrogates(text[start:end])):
        minted = f"[[{match.group()}]]"
        yield start + match.start(), start + match.end(), (minted, *_shorter(minted))


def _shorter(minted: str) -> Iterator[str]:
    for entity_type in EntityType:
        _, name, rest = minted.partition(f"_{entity_type}_")
        if name:
            yield f"[[{entity_type}_{rest}"


def is_word(character: str) -> bool:
    """Whether a character beside it makes a placeholder without brackets a part of a longer word."""
    return character.isascii() and (character.isalnum() or character == "_")


def blank_placeholders(text: str) -> str:
    """The text, of the same length, with every placeholder blanked."""
    pieces: list[str] = []
    position = 0
    for start, end, _ in find_placeholders(text):
        pieces += [text[position:start], BLANK * (end - start)]
        position = end
    return "".join([*pieces, text[position:]])


def unfinished_from(text: str, *, in_word: bool = False) -> int:
    """Where the longest end of a text begins that can still become a placeholder; its length if there is none.

    Args:
        text: any text.
        in_word: it goes on from an ASCII letter, a digit or ``_``.
    """
    tail = without_surrogates(text[-LONGEST_PLACEHOLDER:])
    begun = _UNFINISHED.search(tail)
    if begun is not None:
        start: int = begun.start()
        return len(text) - len(tail) + start
    word = _LAST_WORD.search(tail)
    assert word is not None  # at least the empty one
    is_part = not word.start() and (in_word or len(tail) < len(text))
    return len(text) - len(word.group()) if not is_part and _UNFINISHED_BARE.fullmatch(word.group()) else len(text)


LONGEST_PLACEHOLDER = (
    2 * len("[[]]")
    + max(len(entity_type) + entity_type.count("_") for entity_type in EntityType)
    + len("\\_\\_999999")
    + NONCE_LENGTH
    + 6 * 2
)
"""Characters of the longest text that reads as a placeholder."""

LONGEST_ALTERED = _LIMITS["longest_altered"]
"""Characters of an altered placeholder that are looked at."""


def altered_placeholders(text: str, nonce: str) -> Iterator[int]:
    """Ends of texts that carry a type, a number and the nonce as a placeholder does, however they are written.

    Args:
        text: restored as far as it could be.
        nonce: of the vault.
    """
    if nonce.lower() not in text.lower():
        return
    for match in _ALTERED.finditer(without_surrogates(text)):
        if match.group(1).lower() == nonce:
            yield match.end()


_APART = r"(?:[ \r\n\\*`]{0,3}(?:_|%5[Ff]|-|&#95;)[ \r\n\\*`]{0,3})"
_LOOSE_TYPE = _TYPE.replace(_LINE, r"\\?[_ -]")
_ALTERED = re2.compile(rf"{_LOOSE_TYPE}{_APART}[0-9]{{1,7}}{_APART}([0-9A-Za-z]{{2}})(?:[^0-9A-Za-z_]|\z)")
_NONCE_FORM = re.compile(f"[{NONCE_CHARACTERS}]{{{NONCE_LENGTH}}}")


def is_nonce(text: str) -> bool:
    """Whether a text can be the nonce of a vault."""
    return _NONCE_FORM.fullmatch(text) is not None
