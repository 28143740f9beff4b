"""Lists under a label: items with a mark, plain lines, or values in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from upcall.edge_runtime.redaction.limits import limits
from upcall.edge_runtime.redaction.structure.columns import Cell, Column
from upcall.edge_runtime.redaction.structure.labels import LONGEST_LABEL, Labels
from upcall.edge_runtime.redaction.structure.lines import Line

_ITEM = re.compile(r"(?:[-*+•–—‣◦▪]|\(?[0-9]{1,4}[.):]|\(?[A-Za-z][.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_HEADING = re.compile(r"(?:#{1,6}|=+|\*+|!+|;)[ \t]*(?=\S)")
_SECTION = re.compile(r"\[{1,2}([^\[\]]{1,60})\]{1,2}")
_LABEL_END = re.compile(r"[ \t]*[:：=][ \t*_]*$")
_IN_LINE = re.compile(
    r"([^:：=]{1,80}?)[*_]*(?:[:：=]|\s(?:are|is|were|sind|lauten|sont|son|sono|são|zijn)\b:?)[*_ \t]*(\S.*)"
)
_BETWEEN = re.compile(r"[,;|、，；/]\s*|\s+(?:and|or|und|oder|et|ou|y|o|e|en|и)\s+|\s{2,}")
_WORD = re.compile(r"\S+")
_TWO_NUMBERS = re.compile("(?:[0-9][^0-9]*){10}")
_LIMITS = limits("lists")
_LABEL_WORDS = _LIMITS["most_label_words"]
_LONGEST_ITEM = _LIMITS["longest_item"]
_LONGEST_SENTENCE = _LIMITS["longest_sentence"]
_FEWEST_DIGITS = _LIMITS["fewest_digits"]
_NO_LABEL = re.compile(r"[0-9,;|&\t]|\s\s|[.?!]$")
_WORDED = re.compile(r"[:=]|[^\W\d_]{5}")
_AROUND = " \t\"'`*."


def list_columns(text: str, lines: Sequence[Line], labels: Labels) -> Iterator[Column]:
    """Columns of the lists of a text.

    Args:
        text: any.
        lines: of the text.
        labels: which labels count.
    """
    label = ""
    cells: list[Cell] = []
    is_bare = False  # whether plain lines belong to the label, too
    for index, line in enumerate(lines):
        said = line.text
        if not said:
            is_bare = is_bare and not cells
            continue
        if line.is_rule:
            continue
        item = _ITEM.match(said)
        if item:
            _add(cells, line, item.end())
            continue
        name = _label(said, labels, is_last=index + 1 == len(lines))
        if name is not None and label and not cells and labels.is_general(name):
            continue  # a key between the label and its values
        if name is not None:
            yield from _column(label, cells)
            is_bare = bool(labels.within(name))
            label, cells = labels.within(name) or name, []
            continue
        is_value = len(said) <= LONGEST_LABEL and _is_number(said) and not _WORDED.search(said)
        if (is_bare and len(said) <= _LONGEST_ITEM) or (is_value and not label):
            _add(cells, line, 0)
        else:
            yield from _column(label, cells)
            label, cells, is_bare = "", [], False
        yield from _in_line(line, labels)
    yield from _column(label, cells)


def _column(label: str, cells: list[Cell]) -> Iterator[Column]:
    if cells:
        yield Column(label, cells)


def _add(cells: list[Cell], line: Line, skipped: int) -> None:
    said = line.text[skipped : skipped + _LONGEST_ITEM * 4]
    inner = said.strip(_AROUND + ",;")
    if inner:
        low = line.low + skipped + said.index(inner)
        cells.append((low, low + len(inner)))


def _label(said: str, labels: Labels, *, is_last: bool) -> str | None:
    """What a line says of the lines below it, or None where it is no label."""
    if len(said) > _LONGEST_SENTENCE or is_last:
        return None
    section = _SECTION.fullmatch(said)
    if section:
        return section[1]
    heading = _HEADING.match(said)
    end = _LABEL_END.search(said)
    name = said[heading.end() if heading else 0 : end.start() if end else len(said)].strip("*_#=! \t\"'")
    if heading or end:
        return name
    is_short = len(name) <= LONGEST_LABEL and not _NO_LABEL.search(name)
    return name if is_short and labels.private(name) and len(name.split()) <= 4 else None


def _in_line(line: Line, labels: Labels) -> Iterator[Column]:
    """``Phones: 2125550123, 2125550124 and 2125550125``."""
    match = _IN_LINE.match(line.text) if _TWO_NUMBERS.search(line.text) else None
    if not match:
        return
    label = labels.within(" ".join(match[1].split()[-_LABEL_WORDS:]))
    if not label:
        return
    low = match.start(2)
    ends = [low, *(place for found in _BETWEEN.finditer(line.text, low) for place in found.span()), len(line.text)]
    spans = list(zip(ends[::2], ends[1::2], strict=True))
    if len(spans) < 2:
        spans = [found.span() for found in _WORD.finditer(line.text, low)]
        if not all(_is_number(line.text[start:end]) for start, end in spans):
            return
    cells = []
    for start, end in spans:
        inner = line.text[start:end].strip(_AROUND)
        if _is_number(inner):
            place = line.low + line.text.index(inner, start)
            cells.append((place, place + len(inner)))
    if len(cells) > 1:
        yield Column(label, cells)


def _is_number(value: str) -> bool:
    return sum(map(str.isdigit, value)) >= _FEWEST_DIGITS and not any(mark in value for mark in "=[]{}<>\"'")
