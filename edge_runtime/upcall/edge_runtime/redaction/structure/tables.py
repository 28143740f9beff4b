"""Tables in plain text: with a delimiter (CSV, Markdown, psql, LaTeX), or with columns of a fixed width."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from upcall.edge_runtime.redaction.limits import limits
from upcall.edge_runtime.redaction.structure.columns import Cell, Column
from upcall.edge_runtime.redaction.structure.labels import LONGEST_LABEL, Labels
from upcall.edge_runtime.redaction.structure.lines import Line

_PIPES = "|│┃║¦┆"
_PIPE = re.compile(rf"(?<!\\)(?:\|\||[{_PIPES}])")
_DELIMITERS = (
    ("\t", re.compile("\t")),
    ("|", _PIPE),
    (";", re.compile(";")),
    (",", re.compile(",")),
    ("&", re.compile(r"(?<!\\)&")),
)
_REST = re.compile(r"[^\r\n]*")
_QUOTED = {mark: re.compile(rf'[ ]*"((?:[^"]|""){{0,2000}})"[ ]*(?=[{re.escape(mark)}\r\n]|$)') for mark in "\t;,|"}
_AROUND = " \t\u00a0\"'`*\\"
_COPY = re.compile(r"(?i)copy\s+\S+\s*\(([^()]*)\)\s+from\b")
_CHUNK = re.compile(r"\S+(?: \S+)*")
_GAP = "  "
_LIMITS = limits("tables")
_HEAD = _LIMITS["head_characters"]
_MOST_FIXED = _LIMITS["most_fixed_columns"]  # columns of a fixed width
_TITLE_AT = _LIMITS["title_within_lines"]  # lines above a table at which its title may stand
_LONGEST_TITLE = _LIMITS["longest_title"]
_FEWEST_ON_SIDE = _LIMITS["fewest_cells_on_side"]  # cells; of two, one stands right beside the other
_WORD = re.compile(r"\S+")

Row = list[Cell]


def table_columns(text: str, lines: Sequence[Line], labels: Labels) -> Iterator[Column]:
    """Columns of the tables of a text, each line read at most a few times.

    Args:
        text: any.
        lines: of the text.
        labels: which labels count.
    """
    readers = [_Rows(text, lines, mark, delimiter) for mark, delimiter in _DELIMITERS]
    behind_rules = _behind_rules(lines)
    index = 0
    while index < len(lines):
        rows: list[Row] = []
        end = index
        for reader in readers:
            if _has(lines[index].text, reader.mark):
                rows, end = reader.read(index, behind_rules)
                if len(rows) > 1:
                    yield from _columns(text, rows, labels, _copied(lines, index), _title(lines, index, labels))
                    break
        if len(rows) < 2:
            columns, end = _fixed(text, lines, index, labels)
            yield from columns
        index = max(end, index + 1)


def _behind_rules(lines: Sequence[Line]) -> list[int]:
    """For each line, the first from it on that does not only draw a line."""
    behind = [len(lines)] * (len(lines) + 1)
    for index in range(len(lines) - 1, -1, -1):
        behind[index] = behind[index + 1] if lines[index].is_rule else index
    return behind


def _has(line: str, mark: str) -> bool:
    return any(pipe in line for pipe in _PIPES) if mark == "|" else mark in line


@dataclass(slots=True)
class _Part:
    """What one line holds of a row.

    Args:
        cells: of this line; the last may go on over its end.
        following: [start, end) of the next part; None in the last one.
        size: the number of cells of this part and those that follow.
        end: of the row.
    """

    cells: Row
    following: tuple[int, int] | None
    size: int
    end: int


class _Rows:
    """Reads rows with a delimiter. Those from several lines on may have their ends in common: each part is read once."""

    def __init__(self, text: str, lines: Sequence[Line], mark: str, delimiter: re.Pattern[str]) -> None:
        self.mark = mark
        self._text = text
        self._lines = lines
        self._delimiter = delimiter
        self._parts: dict[tuple[int, int], _Part] = {}

    def read(self, index: int, behind_rules: Sequence[int]) -> tuple[list[Row], int]:
        """Rows from a line on, and the first line that is none of them; of a single row no cells."""
        lines, mark = self._lines, self.mark
        rows: list[_Part] = []
        position = index
        blank = False
        while position < len(lines):
            line = lines[position]
            if not line.text:
                if blank:
                    break
                blank = True
                position += 1
                continue
            if rows and behind_rules[position] > position:
                position = behind_rules[position]
                continue
            if not _has(line.text, mark) or (
                mark in ";,&" and rows and (line.text.count("|") > 1 or "\t" in line.text)
            ):
                break
            row = self._row(line)
            if blank and row.size != rows[-1].size:
                break
            blank = False
            rows.append(row)
            position += 1
            if position < len(lines) and lines[position].start < row.end:
                position = bisect_left(lines, row.end, position, key=attrgetter("start"))
        return [self._cells(row) for row in rows] if len(rows) > 1 else [], position

    def _cells(self, row: _Part) -> Row:
        cells = list(row.cells)
        while row.following:
            row = self._parts[row.following]
            cells += row.cells
        return cells

    def _row(self, line: Line) -> _Part:
        """The first part of the row that begins with a line."""
        start, end = line.low, line.high
        if self.mark == "|":
            # Two at once are no empty cell, but the mark of a head.
            start += len(line.text) - len(line.text.lstrip(_PIPES))
            end = max(start, end - len(line.text) + len(line.text.rstrip(_PIPES)))
        place: tuple[int, int] | None = (start, end)
        read: list[_Part] = []
        while place and place not in self._parts:
            part = self._parts[place] = self._part(*place)
            read.append(part)
            place = part.following
        for part in reversed(read):
            if part.following:
                behind = self._parts[part.following]
                part.size, part.end = len(part.cells) + behind.size, behind.end
        return self._parts[start, end]

    def _part(self, start: int, end: int) -> _Part:
        text = self._text
        quoted = _QUOTED.get(self.mark) if text.find('"', start, end) >= 0 else None
        cells: Row = []
        while True:
            inside = quoted.match(text, start) if quoted else None
            if inside:
                cells.append(inside.span(1))
                start = inside.end()
                if start >= end:  # it went on over the end of the line
                    rest = _REST.match(text, start)
                    end = rest.end() if rest else start
                    return _Part(cells, (start + 1, end) if start < end else None, len(cells), end)
                start += 1
                continue
            found = self._delimiter.search(text, start, end)
            cells.append(_trimmed(text, start, found.start() if found else end))
            if not found:
                return _Part(cells, None, len(cells), end)
            start = found.end()


def _trimmed(text: str, start: int, end: int) -> Cell:
    value = text[start:end]
    start += len(value) - len(value.lstrip(_AROUND))
    return start, max(start, start + len(value.strip(_AROUND)))


def _copied(lines: Sequence[Line], index: int) -> list[str]:
    """Names of the columns of a PostgreSQL dump, whose rows begin with a line."""
    match = _COPY.match(lines[index - 1].text) if index else None
    return [name.strip(' "') for name in match[1].split(",")] if match else []


def _title(lines: Sequence[Line], index: int, labels: Labels) -> str:
    """What the line above a table says of its values, if that counts."""
    above = next((line.text for line in reversed(lines[max(0, index - _TITLE_AT) : index]) if line.text), "")
    return labels.within(above.strip(" #*_:")) if len(above) <= _LONGEST_TITLE else ""


def _columns(text: str, rows: Sequence[Row], labels: Labels, heads: list[str], title: str) -> Iterator[Column]:
    said = 1.0 if heads else 0.0
    cells: dict[tuple[str, int], list[Cell]] = defaultdict(list)
    for row in rows:
        share = _share(text, row, labels)
        if share > said:
            heads, said = _texts(text, row), share
            continue
        if not heads and row is rows[0] and any(map(labels.is_version, _texts(text, row))):
            heads = _texts(text, row)
            continue
        if not heads and title and row is rows[0]:
            heads = [f"{title} {name}" if labels.is_general(name) and name else name for name in _texts(text, row)]
            continue
        first = _row_label(text, row, labels)
        more = len(row) - len(heads)
        for index, (start, end) in enumerate(row):
            if start == end:
                continue
            label = heads[index] if index < len(heads) else ""
            cells[label, index].append((start, end))
            # A delimiter in a value moves those after it, a value left out too.
            if heads and more and 0 <= index - more < len(heads):
                cells[heads[index - more], -1].append((start, end))
            if first and index:
                cells[first, -2].append((start, end))
    yield from (Column(label, column) for (label, _), column in cells.items())


def _texts(text: str, row: Row) -> list[str]:
    return [text[slice(*cell)] for cell in row]


def _row_label(text: str, row: Row, labels: Labels) -> str:
    """The first cell of a row where it is the label of the others, as in a table on its side."""
    if len(row) < _FEWEST_ON_SIDE or any(high - low > LONGEST_LABEL for low, high in row):
        return ""
    label = text[slice(*row[0])]
    return label if any(map(str.isdigit, text[row[1][0] : row[-1][1]])) and labels.private(label) else ""


def _share(text: str, row: Row, labels: Labels) -> float:
    """Which share of the cells of a row are labels that count; 0 where a cell is no label."""
    said = [text[slice(*cell)] for cell in row if cell[0] < cell[1]]
    if len(said) < 2 or not all(map(labels.is_label, said)):
        return 0.0
    return sum(map(bool, map(labels.private, said))) / len(said)


def _fixed(text: str, lines: Sequence[Line], index: int, labels: Labels) -> tuple[list[Column], int]:
    """Columns of a table whose cells stand below each other, and the first line that is none of its rows."""
    head = lines[index]
    chunks = [match.span() for match in _CHUNK.finditer(head.text)]
    words = [match.span() for match in _WORD.finditer(head.text)]
    heads = chunks if len(chunks) > 1 else words
    row = [(head.low + low, head.low + high) for low, high in heads]
    if not 2 <= len(heads) <= _MOST_FIXED or not _goes_on(lines, index, len(heads)) or not _share(text, row, labels):
        return [], index
    cells: dict[int, list[Cell]] = defaultdict(list)
    end = index + 1
    shift = head.low - head.start
    while end < len(lines):
        line = lines[end]
        if line.is_rule:
            end += 1
            continue
        found = [match.span() for match in _CHUNK.finditer(line.text)]
        alike = [match.span() for match in _WORD.finditer(line.text)]
        if len(alike) == len(heads):
            places = list(enumerate(alike))
        elif len(found) > 1 and heads is chunks:
            margin = line.low - line.start
            places = [
                (_below(heads, low + margin - shift, high + margin - shift), (low, high))
                for chunk in found
                for low, high in _parted(line.text, chunk, heads, margin - shift)
            ]
        else:
            break
        for column, (low, high) in places:
            cells[column].append(_trimmed(text, line.low + low, line.low + high))
        end += 1
    names = [head.text[low:high] for low, high in heads]
    return [Column(names[column], found) for column, found in cells.items()], end if cells else index


def _goes_on(lines: Sequence[Line], index: int, heads: int) -> bool:
    """Whether the next line that is no rule may be a row: it holds a digit and more than one cell."""
    below = next((line.text for line in lines[index + 1 : index + 3] if not line.is_rule), "")
    is_row = any(map(str.isdigit, below)) and (_GAP in below or "\t" in below or len(below.split()) == heads)
    return is_row and not any(map(str.isdigit, lines[index].text[:_HEAD]))


def _parted(text: str, chunk: Cell, heads: Sequence[Cell], shift: int) -> list[Cell]:
    """The words of a chunk that stands under several heads; else the chunk."""
    low, high = chunk
    over = sum(start < high + shift and low + shift < end for start, end in heads)
    return [chunk] if over < 2 else [match.span() for match in _WORD.finditer(text, low, high)]


def _below(heads: Sequence[Cell], low: int, high: int) -> int:
    """The head that stands above [low, high), or nearest to it."""

    def distance(index: int) -> tuple[int, int]:
        start, end = heads[index]
        return max(low, start) - min(high, end), abs(start - low)

    return min(range(len(heads)), key=distance)
