"""Whether a finding stands in code as an identifier: the name model takes parameters, members and slugs for people."""

from __future__ import annotations

import re

from upcall.edge_runtime.redaction.limits import limits
from upcall.edge_runtime.redaction.names.rules import NameRules

_QUOTES = "\"'`"
_HUMP = re.compile("([a-z]+)(?:[0-9]*[A-Z]|-[A-Za-z0-9-]*[a-z][A-Z])")
_SLUG = re.compile("[a-z0-9]+(?:-[a-z0-9]+){2,}")
_HANDLE = re.compile(r"@ ?\Z")
_MEMBER = re.compile(r"(?:\w\w|[)\]?])\.\Z|->\Z|::\Z|[$\\]\Z")
_LIMITS = limits("names_code")
_BEFORE = _LIMITS["before_characters"]  # characters in which the mark of a handle or of a member stands
_CALL = re.compile(r"[(\[]|::|->|<[A-Z]|[.][a-z]+[(.]")


class CodeIdentifiers:
    """Tells identifiers of code from names.

    Args:
        text: that may be or hold code.
        rules: with the patterns of lines of code, and the small words within names.
    """

    def __init__(self, text: str, rules: NameRules) -> None:
        self._text = text
        self._lines = rules.code_lines
        self._particles = rules.particles
        self._line = range(0)  # the last one that was asked about: many findings may stand in a long one
        self._is_line_code = False

    def is_identifier(self, start: int, end: int) -> bool:
        """Whether [start, end) of the text is one. A handle is none, nor is a value in quotation marks or of an element."""
        text = self._text
        value, near = text[start:end], max(0, start - _BEFORE)
        if _HANDLE.search(text, near, start):
            return False
        hump = _HUMP.match(value)
        if (hump and hump[1] not in self._particles) or _SLUG.fullmatch(value):
            return True
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        if (before and after and before in _QUOTES and after in _QUOTES) or (before == ">" and after == "<"):
            return False
        is_used = _CALL.match(text, end) is not None
        if not value.islower():
            return is_used and " " not in value and self._is_in_code(start, end)
        return is_used or _MEMBER.search(text, near, start) is not None or self._is_in_code(start, end)

    def _is_in_code(self, start: int, end: int) -> bool:
        """Whether the line in which it stands is one of code."""
        if start not in self._line or end - 1 not in self._line:
            first = self._text.rfind("\n", 0, start) + 1
            last = self._text.find("\n", end)
            self._line = range(first, last if last >= 0 else len(self._text))
            line = self._text[self._line.start : self._line.stop]
            self._is_line_code = any(pattern.search(line) for pattern in self._lines)
            if "\n" in line:  # what stands in one of several has another line
                self._line = range(0)
        return self._is_line_code
