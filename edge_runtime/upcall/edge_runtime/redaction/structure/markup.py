"""Tables, lists and elements in HTML and XML."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from upcall.edge_runtime.redaction.limits import limits
from upcall.edge_runtime.redaction.structure.columns import Cell, Column
from upcall.edge_runtime.redaction.structure.labels import Labels

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:._-]{0,60})(?:[\s/][^<>]{0,400})?>")
_BLANK = re.compile(r"\s+|<[^<>]{0,400}>")
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "caption", "dt", "legend", "label", "strong", "b"))
_ITEMS = frozenset(("li", "dd", "p", "option"))
_CELLS = frozenset(("th", "td"))
_LIMITS = limits("markup")
_DEEPEST = _LIMITS["deepest"]
_NEAREST = _LIMITS["nearest_elements"]  # elements around a value whose names may say what it is


def markup_columns(text: str, labels: Labels) -> Iterator[Column]:
    """Columns of HTML tables, of lists under a heading, and of elements, by the names of those around them.

    Args:
        text: any.
        labels: which labels count.
    """
    heading = ""
    around: list[str] = []
    opened = ("", -1)  # name, and where its content begins
    columns: dict[str, list[Cell]] = defaultdict(list)
    table = _Table(text, labels)
    for match in _TAG.finditer(text):
        name = match[2].lower()
        if opened[0] in _CELLS and (name in _CELLS or name in ("tr", "table")):
            table.row.append(_inside(text, opened[1], match.start()))
            opened = ("", -1)
        if name in ("tr", "table"):
            table.end_row()
        if name == "table":
            yield from table.columns()
        if match[1]:
            if opened[0] == name:
                cell = _inside(text, opened[1], match.start())
                if name in _HEADINGS:
                    heading = text[slice(*cell)]
                elif name not in _CELLS and cell[0] < cell[1]:
                    names = [match[2], *reversed(around[-_NEAREST - 1 : -1]), *([heading] if name in _ITEMS else [])]
                    columns[next((label for label in names if labels.private(label)), "")].append(cell)
                opened = ("", -1)
            if around and around[-1].lower() == name:
                around.pop()
        else:
            if len(around) < _DEEPEST:
                around.append(match[2])
            if opened[0] not in _CELLS:
                opened = (name, match.end())
    table.end_row()
    yield from table.columns()
    yield from (Column(label, cells) for label, cells in columns.items())


class _Table:
    """The rows of one HTML table."""

    def __init__(self, text: str, labels: Labels) -> None:
        self._text = text
        self._labels = labels
        self._heads: list[str] = []
        self._columns: dict[tuple[str, int], list[Cell]] = defaultdict(list)
        self.row: list[Cell] = []

    def end_row(self) -> None:
        """Take the cells of ``row``: as heads where one is a label that counts, else as values."""
        said = [self._text[slice(*cell)] for cell in self.row]
        if any(map(self._labels.private, said)) and all(map(self._labels.is_label, said)):
            self._heads = said
        elif said:
            first = said[0] if self._labels.private(said[0]) else ""
            for index, cell in enumerate(self.row):
                label = self._heads[index] if index < len(self._heads) else ""
                self._columns[label, index].append(cell)
                if first and index:
                    self._columns[first, -1].append(cell)
        self.row = []

    def columns(self) -> Iterator[Column]:
        """The columns so far; the next row begins another table."""
        yield from (Column(label, cells) for (label, _), cells in self._columns.items())
        self._heads, self._columns = [], defaultdict(list)


def _inside(text: str, start: int, end: int) -> Cell:
    """What an element says, without white space and tags at its ends."""
    while match := _BLANK.match(text, start, end):
        start = match.end()
    inner = text[start:end]
    cut = inner.find("<")
    return start, start + len((inner[:cut] if cut >= 0 else inner).rstrip())
