"""All columns of a text, whatever it is written in."""

from __future__ import annotations

import re
from itertools import chain

from upcall.edge_runtime.redaction.limits import limits
from upcall.edge_runtime.redaction.structure.columns import Column
from upcall.edge_runtime.redaction.structure.labels import Labels
from upcall.edge_runtime.redaction.structure.lines import lines_of
from upcall.edge_runtime.redaction.structure.lists import list_columns
from upcall.edge_runtime.redaction.structure.markup import markup_columns
from upcall.edge_runtime.redaction.structure.nested import nested_columns
from upcall.edge_runtime.redaction.structure.tables import table_columns

_LIMITS = limits("reading")
_FEWEST_LINES = _LIMITS["fewest_lines"]
_QUOTE = re.compile(r'(?<!\\)\\*"')  # from the first backslash on: a long row of them is searched once
_ESCAPES = (1, 3)  # backslashes before the quotation marks of JSON in a string, and of JSON in that


def columns_of(text: str, labels: Labels) -> list[Column]:
    """Columns of the tables, lists and nested data of a text; a value may stand in several.

    Args:
        text: any, read in time linear in its length.
        labels: which labels count.
    """
    lines = lines_of(text)
    found = [nested_columns(text, labels), list_columns(text, lines, labels)]
    found += (nested_columns(_inner(text, escapes), labels) for escapes in _ESCAPES if "\\" * escapes + '"' in text)
    if len(lines) >= _FEWEST_LINES:
        found.append(table_columns(text, lines, labels))
    if "</" in text or "<t" in text:
        found.append(markup_columns(text, labels))
    return list(chain.from_iterable(found))


def _inner(text: str, escapes: int) -> str:
    """A text of the same length in which only quotation marks with so many backslashes before them are some."""
    return _QUOTE.sub(lambda mark: " " * escapes + '"' if len(mark[0]) == escapes + 1 else " " * len(mark[0]), text)
