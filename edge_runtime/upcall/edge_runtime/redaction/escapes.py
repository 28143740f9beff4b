"""Backslash escapes as JSON and many programming languages write them: read with offsets, written back."""

from __future__ import annotations

import json
import re

_ESCAPE = re.compile(r'\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|["\\/bfnrt])')
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def unescape(text: str) -> tuple[str, list[int]]:
    """The text with its escapes read, and for each of its characters, and its end, the index in the text as given.

    What is no whole escape stays as it is. Source: RFC 8259, section 7.
    """
    pieces: list[str] = []
    offsets: list[int] = []
    position = 0
    for match in _ESCAPE.finditer(text):
        start, end = match.span()
        pieces += [text[position:start], _character(match.group())]
        offsets += [*range(position, start), start]
        position = end
    offsets += range(position, len(text) + 1)
    return "".join([*pieces, text[position:]]), offsets


def _character(escape: str) -> str:
    if escape[1] != "u":
        return _SHORT.get(escape[1], escape[1])
    units = bytes.fromhex(escape.replace("\\u", ""))
    return units.decode("utf-16-be", "surrogatepass")


def escape(text: str) -> str:
    """The text as it stands between the quotes of a JSON string; a lone surrogate becomes an escape."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(text)[1:-1]
    return json.dumps(text, ensure_ascii=False)[1:-1]
