"""Values that are written so as not to be seen: escaped, spelled out, or encoded."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from upcall.edge_runtime.redaction.characters import Shadow, rewritten, without_surrogates

LONGEST_TOKEN = 65_536
"""Characters of an encoded token that are decoded; what follows is covered with them, but not looked at."""

_SHORTEST_TOKEN = 12  # nine characters in base 64
_JSON = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_OPENING = "+( "  # belongs to a telephone number
_PIECES = re.compile("[+/_-]")


@dataclass(frozen=True, slots=True)
class Disguises:
    """Patterns of disguises, as RE2; read from proto/rules/patterns.json.

    Args:
        escape: one character in the notation of JSON, URLs or HTML.
        spelled: a row of single characters with spaces between them.
        base64: a token that may be base 64, also in lines.
        hexadecimal: a token that may be text in hexadecimal.
    """

    escape: Any
    spelled: Any
    base64: Any
    hexadecimal: Any

    def unescaped(self, text: str) -> Shadow | None:
        """The text with every escape as the character for which it stands, or None where there is none."""
        if "\\" not in text and "%" not in text and "&#" not in text:
            return None
        return rewritten(text, ((*match.span(), _character(match.group())) for match in self.escape.finditer(text)))

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
            token = match.group()[:LONGEST_TOKEN]
            # The class of base 64 takes in paths and words with hyphens, of which one piece may be the token.
            pieces = [piece for piece in _PIECES.split(token) if len(piece) >= _SHORTEST_TOKEN]
            for piece in dict.fromkeys((token, *pieces)):
                inside = _text(_from_base64(piece))
                if inside:
                    yield *match.span(), inside


def _character(escape: str) -> str:
    if escape[0] == "%":
        point = int(escape[1:], 16)
    elif escape[0] == "&":
        point = int(escape[3:-1], 16) if escape[2] in "xX" else int(escape[2:-1])
    elif escape[1] == "u":
        point = int(escape[2:], 16)
    else:
        return _JSON.get(escape[1], escape[1])
    return without_surrogates(chr(point))


def _from_base64(token: str) -> bytes:
    token = "".join(token.split()).rstrip("=").replace("-", "+").replace("_", "/")
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
