"""Right answers however they are said, and wrong ones."""

from __future__ import annotations

import pytest

from upcall.routing.datasets.grading import grade, is_right, last_number_in


@pytest.mark.parametrize(
    ("task", "text", "answer", "is_right"),
    [
        ("sst2", " Positive.", "positive", True),
        ("sst2", "not positive", "positive", False),
        ("boolq", "**True**", "true", True),
        ("addition", "12 + 30 = 1,042", "1042", True),
        ("addition", "12", "1", False),
        ("gsm8k", "She has $18.00.", "18", True),
        ("gsm8k", "18.5", "18", False),
        ("gsm8k", "It is -4", "4", False),
        ("extraction", '"Ann Lee".', "ann lee", True),
        ("extraction", "Ms Ann Lee", "Ann Lee", False),
        ("extraction", "", "Ann Lee", False),
    ],
)
def test_grades(task: str, text: str, answer: str, is_right: bool) -> None:
    assert grade(task, text, answer) == is_right


@pytest.mark.parametrize(
    ("text", "answer", "right"),
    [("It is 1,042.", "1042", True), ("18.0", "18", True), ("42 or 43", "42", False), ("Positive!", "positive", True)],
)
def test_a_number_is_looked_for_where_the_answer_is_one(text: str, answer: str, right: bool) -> None:
    assert is_right(text, answer) is right


def test_the_last_number() -> None:
    assert last_number_in("from 3 to -1,200.50") == "-1200.50"
    assert last_number_in("none") is None
