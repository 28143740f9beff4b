"""Labels of values: whether one says that they are private, and how it reads as words."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable

from upcall.edge_runtime.redaction.limits import limits

_LIMITS = limits("labels")
LONGEST_LABEL = _LIMITS["longest_label"]
"""Code points; what is longer is a sentence."""

_MOST_WORDS = _LIMITS["most_words"]
_LONGEST_SENTENCE = _LIMITS["longest_sentence_words"]  # words
_PART = _LIMITS["part_words"]  # words
_SHORTEST_PLURAL = _LIMITS["shortest_plural"]
_UNSUITABLE = frozenset("=;")  # of code
_MOST_DIGITS = _LIMITS["most_digits"]  # "Phone 1"
_HUMP = re.compile("([a-z])([A-Z])|([A-Z])([A-Z][a-z]{2})")
_COMMAND = re.compile(r"\\[A-Za-z]+|<[^<>]{0,40}>|\([^()]{0,40}\)|\[[^\[\]]{0,40}\]")  # of LaTeX, HTML; remarks
_JOINERS = re.compile(r"""[\s_*`~{}"'|:=.#-]+""")


class Labels:
    """Says which labels can make their values private.

    Args:
        has_word: whether a word of a rule stands near [start, end) of a text (``Context.near``).
        not_private: whole words that make a label one of something else, such as ``count`` or ``call id``.
        general: whole words that name no kind of value, such as ``number`` or ``home``: the key above them does.
        columns: keys of the names of columns.
        versions: whole words of labels of versions.
        makers: words before a bracket with values in it, such as ``array`` or ``listOf``, lower case.
    """

    def __init__(
        self,
        has_word: Callable[[str, int, int], bool],
        *,
        not_private: Iterable[str],
        general: Iterable[str],
        columns: Iterable[str],
        makers: Iterable[str],
        versions: Iterable[str],
    ) -> None:
        self._has_word = has_word
        self._not_private = tuple(f" {words} " for words in not_private)
        self._general = frozenset(general)
        self._columns = frozenset(columns)
        self._versions = frozenset(versions)
        self._makers = frozenset(makers)
        # Each text asks for few labels many times.
        self.private = functools.lru_cache(maxsize=4096)(self._private)

    def _private(self, label: str) -> str:
        """The label in plain words if it can make values private, else an empty text."""
        if not _is_short(label):
            return ""
        plain = _plain(label)
        words = plain.lower().split()
        if not words or len(words) > _MOST_WORDS or self.is_something_else(label):
            return ""
        # In the singular, as rules have it.
        plural = len(words[-1]) > _SHORTEST_PLURAL and plain[-1] == "s" and plain[-2] != "s"
        plain = plain[:-1] if plural else plain
        return plain if self._has_word(plain, len(plain), len(plain)) else ""

    def within(self, sentence: str) -> str:
        """The part of a sentence that is a label that counts, such as ``the phone numbers of``, or an empty text."""
        if self.private(sentence):
            return sentence
        words = sentence.split()
        for index in range(min(len(words), _LONGEST_SENTENCE) - 1):
            part, after = " ".join(words[index : index + _PART]), " ".join(words[index + _PART : index + _PART + 1])
            if self.private(part) and not self.is_something_else(after):
                return part
        return ""

    def is_label(self, text: str) -> bool:
        """Whether a text may be the name of a column: short, and with next to no digits."""
        is_code = not _UNSUITABLE.isdisjoint(text) or _is_open(text)
        return _is_short(text) and not is_code and len(text.split()) <= _MOST_WORDS

    def makes_lists(self, word: str) -> bool:
        """Whether what stands in brackets after a word, in lower case, is a list of values, not arguments."""
        return word in self._makers

    def is_version(self, label: str) -> bool:
        """Whether a label says that its values are versions of something."""
        return not self._versions.isdisjoint(_plain(label).lower().split())

    def names_columns(self, key: str) -> bool:
        """Whether the values of a key are the names of columns."""
        return key.lower() in self._columns

    def is_general(self, label: str) -> bool:
        """Whether each word of a label is one that names no kind of value. An empty label is general."""
        words = _plain(label).lower().split()
        return all(word in self._general or word.isdigit() for word in words)

    def is_something_else(self, label: str) -> bool:
        """Whether a label says that its values are not private, whatever stands above it."""
        plain = f" {_plain(label).lower()} "
        return (
            any(words in plain for words in self._not_private) or not _UNSUITABLE.isdisjoint(label) or _is_open(label)
        )


def _is_open(label: str) -> bool:
    return label.count("(") != label.count(")")


def _is_short(text: str) -> bool:
    return len(text) <= LONGEST_LABEL and sum(map(str.isdigit, text)) <= _MOST_DIGITS


def _plain(label: str) -> str:
    label = _HUMP.sub(r"\1\3 \2\4", _COMMAND.sub(" ", label))
    return _JOINERS.sub(" ", label).strip()
