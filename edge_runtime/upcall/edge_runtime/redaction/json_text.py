"""JSON, such as the arguments of a tool call: masked value by value, so that it stays valid JSON."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.documents import PlainText
from upcall.edge_runtime.redaction.entities import Span
from upcall.edge_runtime.redaction.escapes import unescape
from upcall.edge_runtime.redaction.limits import limits

_LIMITS = limits("json")
_DEEPEST = _LIMITS["deepest"]  # lists and objects in one another
# Of a text that is known to be JSON: its strings and its numbers.
_LEAF = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?')


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A string without its quotes, or a number.

    Args:
        start, end: in the original, in which escapes are read.
        offsets: for each character of it, and for its end, the index in the JSON text.
    """

    start: int
    end: int
    offsets: range | list[int]
    is_number: bool


class JsonText(PlainText):
    """JSON on its way from as written to as sent. Strings (keys, too) are cut in pieces, a number only as a whole.

    Its original is the JSON text with the escapes in its strings read: what hides behind an escape is found, and a key
    stands beside its value where rules look for words of context.

    Args:
        text: one JSON value.

    Raises:
        InputError: it is not valid JSON (RFC 8259), or nested too deeply.
    """

    def __init__(self, text: str) -> None:
        _check(text)
        self._text = text
        self._leaves: list[_Leaf] = []
        super().__init__("".join(self._read()))
        self._starts = [leaf.start for leaf in self._leaves]

    def _read(self) -> Iterator[str]:
        position = length = 0
        for match in _LEAF.finditer(self._text):
            is_number = match.group()[0] != '"'
            low, high = match.span() if is_number else (match.start() + 1, match.end() - 1)
            raw = self._text[low:high]
            plain, read = (raw, None) if is_number or "\\" not in raw else unescape(raw)
            offsets = range(low, high + 1) if read is None else [low + offset for offset in read]
            yield self._text[position:low]
            yield plain
            length += low - position
            self._leaves.append(_Leaf(length, length + len(plain), offsets, is_number))
            length += len(plain)
            position = high
        yield self._text[position:]

    def is_number(self, start: int, end: int) -> bool:
        """Whether [start, end) of the original is a number, not a part of a string."""
        leaf = self._leaf(start)
        return leaf is not None and leaf.is_number

    def _leaf(self, position: int) -> _Leaf | None:
        index = bisect_right(self._starts, position) - 1
        return self._leaves[index] if index >= 0 and position < self._leaves[index].end else None

    def pieces(self, findings: Iterable[Span]) -> Iterator[Span]:
        """As of any text, cut to strings and widened to numbers."""
        done = -1
        for piece in super().pieces(findings):
            index = max(0, bisect_right(self._starts, piece.start) - 1)
            for leaf in self._between(index, piece.end):
                start, end = max(piece.start, leaf.start), min(piece.end, leaf.end)
                if leaf.is_number and start < end:
                    start, end = leaf.start, leaf.end
                if max(start, done) < end and self.original[start:end].strip():
                    yield Span(max(start, done), end, piece.entity_type, piece.detector, piece.score)
                    done = end

    def holds(self, finding: Span) -> bool:
        """Whether a finding in the current text is a part of one string, or one number."""
        start, end = self._in_original(finding.start, finding.end)
        leaf = self._leaf(start)
        if leaf is None or end > leaf.end:
            return False
        return not leaf.is_number or (start, end) == (leaf.start, leaf.end)

    def _between(self, index: int, end: int) -> Iterator[_Leaf]:
        while index < len(self._leaves) and self._leaves[index].start < end:
            yield self._leaves[index]
            index += 1

    def as_written(self, pieces: Iterable[Span]) -> tuple[Span, ...]:
        """Pieces of the original, in code points of the JSON text as it was given."""
        return tuple(
            Span(*self._raw(span.start, span.end), span.entity_type, span.detector, span.score) for span in pieces
        )

    def _raw(self, start: int, end: int) -> tuple[int, int]:
        leaf = self._leaf(start)
        assert leaf is not None  # masks are pieces of leaves
        return leaf.offsets[start - leaf.start], leaf.offsets[end - leaf.start]

    def sent(self) -> str:
        """Valid JSON with placeholders in it; all that was not cut is as it was, to the byte."""
        pieces: list[str] = []
        position = 0
        for mask in self.masks:
            start, end = self._raw(mask.span.start, mask.span.end)
            quote = '"' if self.is_number(mask.span.start, mask.span.end) else ""
            pieces += [self._text[position:start], quote, mask.placeholder, quote]
            position = end
        return "".join([*pieces, self._text[position:]])


_TOO_DEEP = "The JSON is nested too deeply."
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


def _depth(text: str) -> int:
    """How many lists and objects of a text that is known to be JSON stand in one another at most."""
    depth = deepest = 0
    for match in _BRACKET.finditer(text):
        if match.group() in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match.group() in "]}":
            depth -= 1
    return deepest


def _check(text: str) -> None:
    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        # Numbers are not converted: a very long one would be refused, and none is needed.
        json.loads(text, parse_int=len, parse_float=len, parse_constant=refuse)
    except json.JSONDecodeError as error:
        problem = f"The text is not JSON at line {error.lineno}, column {error.colno}."
    except ValueError:
        problem = "The text is not JSON: NaN and Infinity are no JSON numbers."
    except RecursionError:
        problem = _TOO_DEEP
    else:
        if _depth(text) <= _DEEPEST:
            return
        problem = _TOO_DEEP
    # Outside the handlers: a chained JSONDecodeError would carry the text along.
    raise InputError(problem, allowed="one JSON value (RFC 8259)", next_step="correct it, or mask it as plain text")
