"""All columns of a text, whatever it is written in."""

from __future__ import annotations

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


def columns_of(text: str, labels: Labels) -> list[Column]:
    """Columns of the tables, lists and nested data of a text; a value may stand in several.

    Args:
        text: any, read in time linear in its length.
        labels: which labels count.
    """
    lines = lines_of(text)
    found = [nested_columns(text, labels), list_columns(text, lines, labels)]
    if len(lines) >= _FEWEST_LINES:
        found.append(table_columns(text, lines, labels))
    if "</" in text or "<t" in text:
        found.append(markup_columns(text, labels))
    return list(chain.from_iterable(found))
