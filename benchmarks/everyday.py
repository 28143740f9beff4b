"""What is masked in everyday questions and code, in which nothing is private, and what is left of names in small letters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.pii_subjects import Subject
from benchmarks.results import Row, at_most

MAX_MASKED_QUESTIONS = 0.03
MAX_MASKED_CODE = 0.02
MAX_LEFT = 0.03
PARTS = ("tuning", "held")
_DATA = Path(__file__).with_suffix(".json")


def texts() -> dict[str, dict[str, list[Any]]]:
    """The texts by part and kind: questions and code, and private texts with what must be found in them.

    Raises:
        OSError, ValueError: the file beside this module cannot be read.
    """
    read: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    return {part: read[part] for part in PARTS}


def rows(subject: Subject) -> Iterator[Row]:
    """Share of questions with any mask, of the characters of code that are masked, and of private characters that are left."""
    for part, kinds in texts().items():
        title = f"everyday, {part}, {subject.name}"
        masked, characters = masked_share(kinds["questions"], subject)
        note = f"{len(kinds['questions'])} questions; {characters:.4f} of their characters"
        yield _bounded(f"{title}: questions with a mask", masked, MAX_MASKED_QUESTIONS, note)
        _, characters = masked_share(kinds["code"], subject)
        note = f"{len(kinds['code'])} texts"
        yield _bounded(f"{title}: characters of code masked", characters, MAX_MASKED_CODE, note)
        note = f"{len(kinds['private'])} texts in small letters"
        yield _bounded(f"{title}: private characters left", left_share(kinds["private"], subject), MAX_LEFT, note)


def masked_share(given: Sequence[str], subject: Subject) -> tuple[float, float]:
    """Share of the texts in which anything is found, and of their characters."""
    found = subject.find(given)
    masked = sum(end - start for spans in found for start, end, _ in spans)
    return sum(map(bool, found)) / len(given), masked / sum(map(len, given))


def left_share(given: Sequence[dict[str, Any]], subject: Subject) -> float:
    """Share of the letters and digits of private values that no finding covers.

    Args:
        given: a ``text`` and its ``private`` values in the order in which they stand there.
        subject: that looks for them.
    """
    left = total = 0
    for one, spans in zip(given, subject.find([one["text"] for one in given]), strict=True):
        position = 0
        for value in one["private"]:
            start = one["text"].index(value, position)
            position = start + len(value)
            places = [place for place in range(start, position) if one["text"][place].isalnum()]
            total += len(places)
            left += sum(not any(low <= place < high for low, high, _ in spans) for place in places)
    return left / total


def _bounded(figure: str, value: float, bound: float, note: str) -> Row:
    target, holds = at_most(bound, value)
    return Row(figure=figure, value=value, unit="1", target=target, holds=holds, note=note)
