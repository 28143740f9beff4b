"""Values that are written so as not to be seen: escaped, spelled out, or encoded."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from upcall.edge_runtime.redaction.characters import Shadow, rewritten, without_surrogates
from upcall.edge_runtime.redaction.limits import limits

_LIMITS = limits("disguises")
LONGEST_TOKEN = _LIMITS["longest_token"]
"""Characters of an encoded token that are decoded; what follows is covered with them, but not looked at."""

_SHORTEST_TOKEN = _LIMITS["shortest_token"]  # nine characters in base 64
_MARKS = ("\\", "%", "&", "=4", "=2", "=5", "=\n", "=\r", "= ", "@\n", "@\r", "@ ")
_SPELLED_MARKS = ("at]", "at)", "AT]", "AT)", "ot]", "ot)", "OT]", "OT)", "at}", "ot}", "[.]", "(.)", "[@]", "(@)")
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/_=-]+")
_JSON = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_OPENING = "+( "  # belongs to a telephone number
_PIECES = re.compile("[+/_-]")


@dataclass(frozen=True, slots=True)
class Disguises:
    """Patterns of disguises, as RE2; read from proto/rules/patterns.json.

    Args:
        escape: one character in the notation of JSON, URLs, HTML or quoted-printable, or a line break inside a value.
        entities: of HTML, by name, with the character for which each stands.
        spelled: a row of single characters with spaces between them.
        base64: a token that may be base 64, also in lines.
        hexadecimal: a token that may be text in hexadecimal.
    """

    escape: Any
    entities: Mapping[str, str]
    spelled: Any
    base64: Any
    hexadecimal: Any

    def unescaped(self, text: str) -> Shadow | None:
        """The text with every escape as the character for which it stands, or None where there is none."""
        if not any(mark in text for mark in (*_MARKS, *_SPELLED_MARKS)):
            return None
        return rewritten(text, self._escapes(text))

    def _escapes(self, text: str) -> Iterator[tuple[int, int, str]]:
        for match in self.escape.finditer(text):
            escape = match.group()
            if escape[0] == "&" and escape[1] != "#":
                if escape[1:-1] in self.entities:
                    yield *match.span(), self.entities[escape[1:-1]]
            else:
                yield *match.span(), _character(escape)

    def joined(self, text: str) -> Shadow | None:
        """The text with spelled-out words and numbers written together, or None where nothing is spelled out.

        One space between a letter and a digit stays, so that a number keeps its borders; not in e-mail and IPv6 addresses.
        """
        return rewritten(text, self._gaps(text))

    def _gaps(self, text: str) -> Iterator[tuple[int, int, str]]:
        for match in self.spelled.finditer(text):
            start, end = match.span()
            if start and text[start - 1].isalnum():  # the last letter of a word
                first = next(index for index in range(start + 1, end) if text[index].isalnum())
                start += len(text[start:first].rstrip(_OPENING))
            if text[end : end + 1].isalnum():  # the first letter of a word
                end = next(index for index in reversed(range(start, end - 1)) if text[index].isalnum()) + 1
            together = "@" in text[start:end] or text.count(":", start, end) > 1
            places = [index for index in range(start, end) if text[index] != " "]
            for before, after in pairwise(places):
                if after > before + 1:
                    mixed = text[before].isdigit() != text[after].isdigit()
                    apart = mixed and text[before].isalnum() and text[after].isalnum() and not together
                    yield before + 1, after, " " if apart else ""

    def decoded(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Tokens that hold text in base 64 or hexadecimal: start, end and what they hold, valid UTF-8 without controls."""
        for match in self.hexadecimal.finditer(text):
            inside = _text(_from_hexadecimal(match.group()[:LONGEST_TOKEN]))
            if inside:
                yield *match.span(), inside
        for match in self.base64.finditer(text):
            for start, end in _wrapped(text, *match.span()):
                token = text[start : min(end, start + LONGEST_TOKEN)]
                # The class of base 64 takes in paths and words with hyphens, of which one piece may be the token.
                pieces = [piece for piece in _PIECES.split(token) if len(piece) >= _SHORTEST_TOKEN]
                for piece in dict.fromkeys((token, *pieces)):
                    inside = _text(_from_base64(piece))
                    if inside:
                        yield start, end, inside


def _wrapped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of lines of one length, each with a last line that is not longer: what one encoder wrote."""
    lines = [match.span() for match in _BASE64_LINE.finditer(text, start, end)]
    first = 0
    while first < len(lines):
        length = lines[first][1] - lines[first][0]
        last = first
        while last + 1 < len(lines) and lines[last][1] - lines[last][0] == length:
            if lines[last + 1][1] - lines[last + 1][0] > length:
                break
            last += 1
        if last > first and lines[last][1] - lines[last][0] < length:
            # The last one may be a word of the text that follows.
            yield lines[first][0], lines[last - 1][1]
        yield lines[first][0], lines[last][1]
        first = last + 1


def _character(escape: str) -> str:
    if escape.lstrip(" ")[0] in "[({":  # dana [at] example [dot] com
        return "." if "." in escape or "d" in escape.lower() else "@"
    if escape[-1] in "\n> \t" and escape[0] in "=@":  # a line break that is not a part of the value
        return "@" if escape[0] == "@" else ""
    if escape[0] in "%=":
        point = int(escape[1:], 16)
    elif escape[0] == "&":
        number = escape[2:].rstrip(";")
        point = int(number[1:], 16) if number[0] in "xX" else int(number)
    elif escape[1] in "ux":
        point = int(escape[2:], 16)
    elif escape[1] in "04":  # of CSS
        point = int(escape[1:], 16)
    else:
        return _JSON.get(escape[1], escape[1])
    return without_surrogates(chr(point))


def _from_base64(token: str) -> bytes:
    token = "".join(token.replace(">", " ").split()).rstrip("=").replace("-", "+").replace("_", "/")
    if len(token) % 4 == 1:
        token = token[:-1]
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return b""


def _from_hexadecimal(token: str) -> bytes:
    try:
        return bytes.fromhex(token[: len(token) // 2 * 2])
    except ValueError:
        return b""


def _text(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return text if all(character >= " " or character in "\t\r\n" for character in text) else ""
