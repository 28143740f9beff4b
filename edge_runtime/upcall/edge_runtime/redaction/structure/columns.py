"""Columns of values under a label, and the copy of a text in which each value stands beside its own label."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.structure.labels import Labels

Cell = tuple[int, int]
"""[start, end) of a value in the text, without quotation marks and white space around it."""

_GAP = "\n" * 100  # further than the context of a rule reaches
_QUOTES = "\"'`"
_NEEDS_QUOTES = re.compile(r'[\s,;<>"`&]|\'')
_DIGITS = re.compile("[0-9]")
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one kind: a column of a table, the items of a list, the elements of an array.

    Args:
        label: what stands above or before them; empty where nothing does.
        cells: in order.
    """

    label: str
    cells: Sequence[Cell] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LabelledCopy:
    """A text of lines ``label: value``, in which the rules find what a label far away says about a value.

    Args:
        text: the copy.
        cells: start in the copy, start and end in the text, in the order of the copy.
    """

    text: str = field(repr=False)
    cells: Sequence[tuple[int, int, int]] = field(repr=False)

    def original(self, start: int, end: int) -> Cell | None:
        """The part of a value of the text that [start, end) of the copy covers; None where it covers labels only."""
        index = bisect_right(self.cells, (start, 1 << 62, 0)) - 1
        for at, low, high in self.cells[max(0, index) : index + 2]:
            first, last = max(start, at), min(end, at + high - low)
            if first < last:
                return low + first - at, low + last - at
        return None


def labelled(
    text: str, columns: Iterable[Column], labels: Labels, *, known: Container[Cell] = ()
) -> LabelledCopy | None:
    """The labelled copy of all columns whose label can say that something is private, or None without such a column.

    Args:
        text: to which the cells belong.
        columns: of it.
        labels: which labels count.
        known: cells that need no label.
    """
    values: dict[str, dict[Cell, None]] = defaultdict(dict)
    for column in columns:
        label = labels.private(column.label)
        if label:
            values[label].update(dict.fromkeys(cell for cell in column.cells if cell not in known))
    pieces: list[str] = []
    places: list[tuple[int, int, int]] = []
    length = 0
    for label, cells in values.items():
        for start, end in cells:
            value = text[start:end]
            quote = next((mark for mark in _QUOTES if mark not in value), "") if _NEEDS_QUOTES.search(value) else ""
            places.append((length + len(label) + 2 + len(quote), start, end))
            line = f"{label}: {quote}{value}{quote}\n"
            pieces.append(line)
            length += len(line)
        pieces.append(_GAP)
        length += len(_GAP)
    return LabelledCopy("".join(pieces), places) if places else None


@dataclass(frozen=True, slots=True)
class Siblings:
    """When the other values of a column are what some of them were found to be.

    Args:
        entity_types: types of which this can be said.
        fewest: values of the column that must have been found.
        share: of the values of that shape that must have been found, in (0, 1].
    """

    entity_types: frozenset[EntityType]
    fewest: int
    share: float

    def found(
        self, text: str, columns: Iterable[Column], known: Mapping[Cell, EntityType]
    ) -> Iterator[tuple[int, int, EntityType]]:
        """Values of the columns that were not found themselves, with the type of their siblings.

        Args:
            text: to which the cells belong.
            columns: of it.
            known: what was found, as whole values.
        """
        known = {cell: kind for cell, kind in known.items() if kind in self.entity_types}
        for column in columns if known else ():
            kinds: dict[str, dict[EntityType, int]] = defaultdict(lambda: defaultdict(int))
            shapes: dict[str, list[Cell]] = defaultdict(list)
            found = 0
            for cell in column.cells:
                kind = known.get(cell)
                shape = _shape(text[slice(*cell)])
                shapes[shape].append(cell)
                if kind:
                    kinds[shape][kind] += 1
                    found += 1
            for shape, counts in kinds.items() if found >= self.fewest else ():
                kind = max(counts, key=lambda kind: counts[kind])
                if counts[kind] >= self.share * len(shapes[shape]):
                    yield from ((start, end, kind) for start, end in shapes[shape] if (start, end) not in known)


def _shape(value: str) -> str:
    return _LETTERS.sub("A", _DIGITS.sub("0", value))
