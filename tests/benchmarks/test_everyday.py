from __future__ import annotations

from collections.abc import Sequence

import pytest

from benchmarks import everyday
from benchmarks.pii_scores import Found


class Finds:
    """Finds one word wherever it stands."""

    name = "one word"

    def __init__(self, word: str) -> None:
        self._word = word

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        found: list[list[Found]] = []
        for text in texts:
            start = text.find(self._word)
            found.append([(start, start + len(self._word), "PERSON")] if start >= 0 else [])
        return found

    def timed(self, texts: Sequence[str]) -> float:
        return 0.0

    def close(self) -> None:
        pass


def test_masked_questions_and_characters_are_counted() -> None:
    assert everyday.masked_share(["ab cd", "cdefg"], Finds("ab")) == (0.5, 0.2)


def test_letters_left_of_private_values() -> None:
    given = [{"text": "call ann lee or ann", "private": ["ann lee", "ann"]}]
    assert everyday.left_share(given, Finds("ann")) == pytest.approx(6 / 9)


def test_parts_are_apart_and_large() -> None:
    tuning, held = everyday.texts().values()
    assert not set(tuning["questions"]) & set(held["questions"])
    assert len(tuning["questions"]) + len(held["questions"]) >= 300
    assert len(tuning["private"]) + len(held["private"]) >= 150
    for one in (*tuning["private"], *held["private"]):
        assert one["private"] and all(value in one["text"] for value in one["private"])


def test_rows_have_bounds() -> None:
    listed = list(everyday.rows(Finds("the")))
    assert len(listed) == 6 and all(row.target for row in listed)
    assert not any(row.holds for row in listed if "questions" in row.figure or "left" in row.figure)
