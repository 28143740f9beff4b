"""The grammar of placeholders, the same for masking, restoring and streaming.

``[[EMAIL_1_k7]]``: a type, a number from 1 to 999999, the nonce of the vault in two lower-case base-36 characters. When it
comes back, letters may have another case and up to two spaces may stand after ``[[``, around the two separating ``_`` and
before ``]]``. Nothing else is a placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

from upcall.edge_runtime.redaction.characters import without_surrogates
from upcall.edge_runtime.redaction.entities import EntityType

LAST_NUMBER = 999_999
NONCE_LENGTH = 2
NONCE_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
BLANK = "\x00"
"""Stands in for each character of a placeholder where rules look; no rule matches it."""

_SPACES = " {0,2}"
_NONCE = "[0-9A-Za-z]{2}"


def _any_case(name: str) -> str:
    # Not (?i): RE2 folds by Unicode, and the Kelvin sign would pass for a k.
    return "".join(f"[{letter}{letter.lower()}]" if letter.isalpha() else letter for letter in name)


def _alternatives(names: list[str]) -> str:
    return "(?:" + "|".join(names) + ")"


_TYPE = _alternatives([_any_case(entity_type) for entity_type in EntityType])
_PLACEHOLDER = re2.compile(
    rf"\[\[{_SPACES}({_TYPE}){_SPACES}_{_SPACES}([1-9][0-9]{{0,5}}){_SPACES}_{_SPACES}({_NONCE}){_SPACES}\]\]"
)


def _beginnings(name: str) -> str:
    # E(?:M(?:A(?:I)?)?)? : every proper and full beginning of a type, at least one letter.
    pattern = ""
    for letter in reversed(name):
        pattern = _any_case(letter) + (f"(?:{pattern})?" if pattern else "")
    return pattern


def _begun() -> Iterator[str]:
    head = rf"\[\[{_SPACES}"
    yield r"\["
    yield head
    yield head + _alternatives([_beginnings(entity_type) for entity_type in EntityType])
    head += _TYPE + _SPACES
    yield head
    head += "_" + _SPACES
    yield head
    head += "[1-9][0-9]{0,5}"
    yield head + _SPACES
    head += f"{_SPACES}_{_SPACES}"
    yield head + "[0-9A-Za-z]{0,2}"
    head += _NONCE + _SPACES
    yield head
    yield head + r"\]"


_UNFINISHED = re2.compile(_alternatives(list(_begun())))


def placeholder(entity_type: EntityType, number: int, nonce: str) -> str:
    """The placeholder as it is minted, for example ``[[EMAIL_1_k7]]``."""
    return f"[[{entity_type}_{number}_{nonce}]]"


def find_placeholders(text: str) -> Iterator[tuple[int, int, str]]:
    """Texts that read as placeholders, minted or not: start, end (code points) and the form in which they would be minted."""
    if "[[" not in text:
        return
    for match in _PLACEHOLDER.finditer(without_surrogates(text)):
        entity_type, number, nonce = match.groups()
        yield match.start(), match.end(), placeholder(EntityType(entity_type.upper()), int(number), nonce.lower())


def blank_placeholders(text: str) -> str:
    """The text, of the same length, with every placeholder blanked."""
    pieces: list[str] = []
    position = 0
    for start, end, _ in find_placeholders(text):
        pieces += [text[position:start], BLANK * (end - start)]
        position = end
    return "".join([*pieces, text[position:]])


def unfinished_from(text: str) -> int:
    """Where the longest end of a text begins that can still become a placeholder; its length if there is none."""
    start = text.rfind("[")
    if start < 0:
        return len(text)
    if start and text[start - 1] == "[":
        start -= 1
    tail = without_surrogates(text[start:]) if len(text) - start <= LONGEST_PLACEHOLDER else ""
    return start if tail and _UNFINISHED.fullmatch(tail) else len(text)


LONGEST_PLACEHOLDER = len("[[]]") + max(map(len, EntityType)) + len("__999999") + NONCE_LENGTH + 6 * 2
"""Characters of the longest text that reads as a placeholder."""

_NONCE_FORM = re.compile(f"[{NONCE_CHARACTERS}]{{{NONCE_LENGTH}}}")


def is_nonce(text: str) -> bool:
    """Whether a text can be the nonce of a vault."""
    return _NONCE_FORM.fullmatch(text) is not None
