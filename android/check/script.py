"""A plain Gradle script as a tree of statements: the little of Kotlin that needs no compiler."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from android.check.errors import NotUnderstoodError

_TOKEN = re.compile(
    r"""(?P<skip>[ \t]+|//[^\n]*|/\*.*?\*/)
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<newline>\n)
      | (?P<punctuation>[{}()])
      | (?P<other>[^\s"{}()/]+|/)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a script.

    Args:
        path: of the script.
        line: where it starts, counted from 1.
        text: without its block; single spaces between words.
        body: the statements of its block; None where it has none.
    """

    path: Path
    line: int
    text: str
    body: tuple[Statement, ...] | None = None

    def match(self, pattern: str) -> re.Match[str] | None:
        """The whole text against a pattern."""
        return re.fullmatch(pattern, self.text)

    def block(self) -> tuple[Statement, ...]:
        """Its statements; raises NotUnderstoodError where there is no block."""
        if self.body is None:
            raise self.refusal()
        return self.body

    def refusal(self) -> NotUnderstoodError:
        """The error that names this statement."""
        return NotUnderstoodError(self.path, self.line, self.text + (" { ... }" if self.body is not None else ""))


def read_script(path: Path) -> tuple[Statement, ...]:
    """The statements of a file, or none if there is no file.

    Raises NotUnderstoodError for brackets that do not match and strings that do not end.
    """
    if not path.is_file():
        return ()
    return _Reader(path, path.read_text(encoding="utf-8")).statements()


class _Reader:
    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text.rstrip() + "\n"
        self._at = 0
        self._line = 1

    def statements(self) -> tuple[Statement, ...]:
        return self._block(is_outermost=True)

    def _block(self, *, is_outermost: bool) -> tuple[Statement, ...]:
        found: list[Statement] = []
        words: list[str] = []
        line, depth = self._line, 0
        while self._at < len(self._text):
            token = _TOKEN.match(self._text, self._at)
            if token is None:
                raise NotUnderstoodError(self._path, self._line, self._rest_of_line())
            start = self._line
            kind, word = token.lastgroup, token[0]
            self._at = token.end()
            self._line += word.count("\n")
            if kind == "skip" or (kind == "newline" and depth):
                words.append(" ")
            elif kind == "newline" or (word == "}" and not depth):
                found += self._statement(words, line)
                words = []
                if word == "}":
                    if is_outermost:
                        raise NotUnderstoodError(self._path, start, word)
                    return tuple(found)
            elif word == "{" and not depth:
                body = self._block(is_outermost=False)
                found.append(Statement(self._path, line if "".join(words).strip() else start, _joined(words), body))
                words = []
            else:
                depth += {"(": 1, ")": -1}.get(word, 0)
                if depth < 0 or word in "{}":
                    raise NotUnderstoodError(self._path, start, word)
                if not "".join(words).strip():
                    line = start
                words.append(word)
        if not is_outermost or depth:
            raise NotUnderstoodError(self._path, self._line - 1, "the end of the file, where a bracket is still open")
        return tuple(found)

    def _statement(self, words: list[str], line: int) -> list[Statement]:
        text = _joined(words)
        return [Statement(self._path, line, text)] if text else []

    def _rest_of_line(self) -> str:
        return self._text[self._at :].split("\n", 1)[0]


def _joined(words: list[str]) -> str:
    return re.sub(r" +", " ", "".join(words)).strip()
