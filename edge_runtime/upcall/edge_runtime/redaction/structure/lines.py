"""Lines of a text, without what marks them as quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"(?m)^((?:[ \t]*>)*[ \t]*)([^\r\n]*)")
_BOX = "│┃║┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╒╕╘╛╞╡╤╧╪╟╢╥╨╫╭╮╯╰┆╌"
_DRAWN = "=─━═_~-"
_LATEX = re.compile(r"(?:\\[A-Za-z]+(?:\{[^{}]*\}|\([^()]*\))*\s*)+")
_RULE = re.compile(rf"[\s|+:*.{_BOX}{_DRAWN}]+")
_DRAWN_TWICE = re.compile(rf"[{_DRAWN}]{{2}}|[|+:{_BOX}{_DRAWN}]{{3}}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Args:
        start: where it begins.
        low, high: [low, high) is what it says, without marks of quotation and white space.
        text: that part.
    """

    start: int
    low: int
    high: int
    text: str

    @property
    def is_rule(self) -> bool:
        """Whether it only draws a line, as between the head and the rows of a table."""
        if self.text[:1] == "\\":
            return _LATEX.fullmatch(self.text) is not None
        return _RULE.fullmatch(self.text) is not None and _DRAWN_TWICE.search(self.text) is not None


def lines_of(text: str) -> list[Line]:
    """The lines of a text."""
    lines = []
    for match in _LINE.finditer(text):
        said = match[2].rstrip()
        low = match.start(2)
        lines.append(Line(match.start(), low, low + len(said), said))
    return lines
