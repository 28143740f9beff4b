"""Tables in HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator

from upcall.edge_runtime.redaction.structure.columns import Cell, Column
from upcall.edge_runtime.redaction.structure.labels import Labels

_TAG = re.compile(r"(?i)<(/?)(table|tr|th|td)\b[^<>]{0,400}>")
_MARKUP = re.compile(r"\s+|<[^<>]{0,400}>")


def html_columns(text: str, labels: Labels) -> Iterator[Column]:
    """Columns of HTML tables: under the first row that has a label that counts, and beside heads of rows.

    Args:
        text: any.
        labels: which labels count.
    """
    heads: list[str] = []
    columns: dict[tuple[str, int], list[Cell]] = {}
    row: list[Cell] = []
    start = -1
    for match in [*_TAG.finditer(text), None]:
        if match and start >= 0:
            row.append(_inside(text, start, match.start()))
            start = -1
        name = match[2].lower() if match else "table"
        if match and name in ("th", "td") and not match[1]:
            start = match.end()
        if name in ("tr", "table") and row:
            said = [text[slice(*cell)] for cell in row]
            if len(row) > 0 and any(map(labels.private, said)) and all(map(labels.is_label, said)):
                heads = said
            first = said[0] if labels.private(said[0]) else ""
            for index, cell in enumerate(row if heads is not said else ()):
                if cell[0] < cell[1]:
                    label = heads[index] if index < len(heads) else ""
                    columns.setdefault((label, index), []).append(cell)
                    if first and index:
                        columns.setdefault((first, -1), []).append(cell)
            row = []
        if name == "table":
            yield from (Column(label, cells) for (label, _), cells in columns.items())
            heads, columns = [], {}


def _inside(text: str, start: int, end: int) -> Cell:
    """What a cell says, without white space and tags at its ends."""
    while True:
        match = _MARKUP.match(text, start, end)
        if not match:
            break
        start = match.end()
    inner = text[start:end]
    cut = inner.find("<")
    inner = (inner[:cut] if cut >= 0 else inner).rstrip()
    return start, start + len(inner)
