"""Nested data: JSON, literals of programming languages and SQL, also in the middle of a text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from upcall.edge_runtime.redaction.limits import limits
from upcall.edge_runtime.redaction.structure.columns import Cell, Column
from upcall.edge_runtime.redaction.structure.labels import LONGEST_LABEL, Labels

_TOKEN = re.compile(r"""(["'])|([:=]>?|<-)|([^\s\[\]{}(),;:="'][^\s\[\]{}(),;:="]*)|([\[{(])|([\]})])|([,;])""")
_STRINGS = {'"': re.compile(r'"(?:[^"\\\r\n]++|\\.)*+"'), "'": re.compile(r"'(?:[^'\\\r\n]++|\\.|'')*'")}
_REST = {mark: re.compile(rf"(?:[^{mark}\\\r\n]++|\\.)*+") for mark in _STRINGS}
_STRING, _ASSIGNMENT, _WORD, _OPENING, _CLOSING = range(1, 6)
_LIMITS = limits("nested")
_DEEPEST = _LIMITS["deepest"]
_REFERENCE = tuple("$%#@{")
_LONG_WORD = _LIMITS["long_word"]  # of which several, with spaces between them, are several values
_LONGEST_VALUE = _LIMITS["longest_value"]
_LABEL_WORDS = _LIMITS["most_label_words"]


@dataclass(slots=True)
class _Frame:
    """One open bracket; the first is the text around all of them.

    Args:
        label: of its values that have no key of their own.
        is_keyed: whether its key stands right before it, not before an array of such frames.
        is_call: whether a word stands right before it, as in a call or a subscript: its values are no values of the key.
        holds_names: whether its values are the names of columns.
        key: read, and waiting for its value.
        words: of the value or key that is being read.
        rows: arrays of values in it.
        names: of the columns of its rows.
        tables: rows of its children, which wait for names.
    """

    label: str = ""
    is_keyed: bool = False
    holds_names: bool = False
    is_call: bool = False
    key: str = ""
    is_read: bool = False
    words: list[Cell] = field(default_factory=list)
    values: list[Cell] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    tables: list[list[list[Cell]]] = field(default_factory=list)


def nested_columns(text: str, labels: Labels) -> Iterator[Column]:
    """Columns of what stands in brackets.

    These are the elements of one array; all values with one key; values at one place of the rows of a table, whose names
    are the array of a neighbouring key such as ``columns``, the first row, or what stands in brackets before ``VALUES``.

    Args:
        text: any, read once from its beginning to its end.
        labels: which labels count.
    """
    if any(bracket in text for bracket in "[{("):
        reader = _Reader(text, labels)
        reader.read()
        yield from reader.columns
        yield from (Column(label, cells) for label, cells in reader.keyed.items())


def _tokens(text: str) -> Iterator[tuple[int, int, int]]:
    """Kind, start and end of each token, in order; a quotation mark that is not closed on its line belongs to nothing.

    Behind such a mark none of its kind closes a string, as all stand behind backslashes: none of them is looked at again.
    """
    unclosed = dict.fromkeys(_STRINGS, 0)
    position = 0
    while token := _TOKEN.search(text, position):
        kind = token.lastindex or 0
        start, position = token.span()
        if kind == _STRING:
            mark = token[0]
            if start < unclosed[mark]:
                continue
            string = _STRINGS[mark].match(text, start)
            if string is None:
                rest = _REST[mark].match(text, position)
                unclosed[mark] = rest.end() if rest else position
                continue
            position = string.end()
        yield kind, start, position


class _Reader:
    def __init__(self, text: str, labels: Labels) -> None:
        self._text = text
        self._labels = labels
        self._stack = [_Frame()]
        self._too_deep = 0
        self.columns: list[Column] = []
        self.keyed: dict[str, list[Cell]] = defaultdict(list)

    def read(self) -> None:
        position = 0
        for kind, start, end in _tokens(self._text):
            frame = self._stack[-1]
            if len(self._stack) == 1 and self._text.find("\n", position, start) >= 0:
                if frame.words or frame.is_read:  # what was named is said
                    frame.key, frame.is_read = "", False
                frame.words.clear()
            position = end
            if kind == _STRING:
                frame.words.append((start + 1, end - 1))
            elif kind == _WORD:
                frame.words.append((start, end))
                if self._text[start:end].lower() == "values":
                    frame.names = self._texts(frame.rows[-1]) if frame.rows else []
                    frame.rows.clear()
                    if not frame.names:  # the name of the table is all there is
                        frame.key = self._text[slice(*frame.words[-2])] if len(frame.words) > 1 else ""
            elif kind == _OPENING:
                self._open(frame, start)
            elif kind == _CLOSING:
                self._end(frame)
            elif kind == _ASSIGNMENT:
                frame.key = self._said(frame) or frame.key
                frame.words.clear()
            elif len(self._stack) > 1:
                self._take(frame)
            else:
                frame.words.clear()
                if self._text[start] == ";":
                    self._end_rows(frame)
        while len(self._stack) > 1:
            self._end(self._stack[-1])
        self._end_rows(self._stack[0])

    def _texts(self, cells: list[Cell]) -> list[str]:
        return [self._text[slice(*cell)] for cell in cells]

    def _said(self, frame: _Frame) -> str:
        """What was read last, as a label."""
        words = frame.words[-_LABEL_WORDS:]
        while words and words[-1][1] - words[0][0] > LONGEST_LABEL:
            words = words[1:]
        said = self._text[words[0][0] : words[-1][1]] if words else ""
        return said.rpartition("\n")[2].strip()

    def _label(self, key: str, frame: _Frame) -> str:
        """The label of a value with a key in a frame: with the key above, where the key alone does not say what it is."""
        if not frame.label or self._labels.private(key) or self._labels.is_something_else(key):
            return key
        return f"{frame.label} {key}" if frame.is_keyed or self._labels.is_general(key) else key

    def _open(self, frame: _Frame, start: int) -> None:
        if len(self._stack) >= _DEEPEST:
            self._too_deep += 1
            return
        word = self._text[slice(*frame.words[-1])].lower() if frame.words else ""
        if word == "in" and len(frame.words) > 1:
            frame.key = self._text[slice(*frame.words[-2])]
        key = frame.key or (self._said(frame) if len(self._stack) > 1 else "")
        label = self._label(key, frame) if key else frame.label
        before = self._text[start - 1 : start]
        if self._text[start] == "{" and (before in _REFERENCE or self._text[start + 1 : start + 2] == "{"):
            key = label = ""  # ${NAME} and {{ name }} stand for a value
        child = _Frame(label, is_keyed=bool(key), holds_names=self._labels.names_columns(key))
        is_made = self._labels.makes_lists(re.split(r"[.<>%]", word)[-1]) or self._text[start] == "{"
        child.is_call = not is_made and (before.isalnum() or before in tuple("_])"))
        self._stack.append(child)
        frame.words.clear()
        if len(self._stack) > 2:
            frame.key = ""
        else:
            frame.is_read = True

    def _take(self, frame: _Frame) -> None:
        """End the value that was read."""
        if frame.words:
            cell = frame.words[0][0], frame.words[-1][1]
            if cell[1] - cell[0] > _LONGEST_VALUE or self._text.find("\n", *cell) >= 0:
                pass  # a sentence
            elif not frame.key:
                is_row = len(frame.words) > 1 and all(high - low >= _LONG_WORD for low, high in frame.words)
                frame.values += frame.words if is_row and self._text[cell[0] : cell[1]].isascii() else [cell]
            elif cell[0] < cell[1]:
                self.keyed[self._label(frame.key, frame)].append(cell)
                above = self._stack[-2]
                if above.holds_names and self._labels.is_general(frame.key):
                    above.values.append(cell)
        frame.words.clear()
        frame.key = ""

    def _end(self, frame: _Frame) -> None:
        if self._too_deep:
            self._too_deep -= 1
        elif len(self._stack) > 1:
            self._take(frame)
            self._stack.pop()
            parent = self._stack[-1]
            self._end_rows(frame)
            if frame.rows and not frame.names:
                parent.tables.append(frame.rows)
            elif frame.names and not frame.rows:
                parent.names = parent.names or frame.names
            if frame.holds_names:
                parent.names = self._texts(frame.values)
            elif frame.values:
                if not frame.is_call:
                    self.columns.append(Column(frame.label, frame.values))
                parent.rows.append(frame.values)

    def _end_rows(self, frame: _Frame) -> None:
        """Make columns of the rows in a frame, and of those of its children where their names stand in it."""
        if frame.rows and not frame.names and frame is not self._stack[0] and self._is_head(self._texts(frame.rows[0])):
            frame.names = self._texts(frame.rows.pop(0))
        for rows in (frame.rows, *frame.tables):
            columns: dict[int, list[Cell]] = defaultdict(list)
            for row in rows:
                for index, cell in enumerate(row):
                    columns[index].append(cell)
            for index, cells in columns.items():
                label = frame.names[index] if index < len(frame.names) else ""
                if len(cells) > 1 or label:
                    self.columns.append(Column(label, cells))
        frame.tables.clear()
        if frame is self._stack[0]:
            frame.names, frame.rows = [], []

    def _is_head(self, texts: list[str]) -> bool:
        return len(texts) > 1 and any(map(self._labels.private, texts)) and all(map(self._labels.is_label, texts))
