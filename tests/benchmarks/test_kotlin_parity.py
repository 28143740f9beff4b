from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks import kotlin_parity
from benchmarks.kotlin_parity import Comparison, Verdict, alike, answer_verdict, text_verdict
from benchmarks.parity_model import NudgedClassifier
from benchmarks.runtimes import KOTLIN, PYTHON
from upcall.edge_runtime.redaction.names.decoding import Tokens


@pytest.mark.parametrize(
    ("one", "other", "expect"),
    [
        ([1, 2], [1, 2], True),
        ([1, 2], [1, 3], False),
        ([1, 2], [1], False),
        ({"a": -0.5}, {"a": -0.50009}, True),
        ({"a": -0.5}, {"a": -0.5002}, False),
        ({"a": 1.0}, {"b": 1.0}, False),
        (["cloud", None], ["cloud", None], True),
        (["cloud", None], ["cloud", 0.5], False),
        ("InputError", [1], False),
        (True, 1, False),
    ],
)
def test_only_fractions_may_differ_a_little(one: Any, other: Any, expect: bool) -> None:
    assert alike(one, other) is expect


def test_a_knife_edge_excuses_names_and_what_follows_from_them() -> None:
    verdicts = {part: text_verdict(part, "a", "b", is_edge=True) for part in kotlin_parity.OF_TEXTS}
    strict = {part for part, verdict in verdicts.items() if verdict is Verdict.DIFFERENT}
    assert strict == {"ids", "rules", "decision"}
    assert set(verdicts.values()) == {Verdict.DIFFERENT, Verdict.EDGE}
    assert text_verdict("names", "a", "a", is_edge=True) is Verdict.EQUAL
    assert text_verdict("names", "a", "b", is_edge=False) is Verdict.DIFFERENT


def test_a_greedy_answer_is_excused_where_it_first_parts() -> None:
    assert answer_verdict([1, 2, 3], [1, 2, 3], [9, 9, 9]) is Verdict.EQUAL
    assert answer_verdict([1, 2, 3], [1, 5, 6], [9, 0.04, 9]) is Verdict.EDGE
    assert answer_verdict([1, 2, 3], [1, 5, 6], [9, 0.05, 0.01]) is Verdict.DIFFERENT
    assert answer_verdict([1, 2, 3], [1, 2], [9, 9, 0.01]) is Verdict.DIFFERENT


def comparisons(parts: dict[str, str], *, different: int, edges: int) -> dict[str, Comparison]:
    made = {part: Comparison() for part in parts}
    for one in made.values():
        one.counts[Verdict.EQUAL] = 600
        one.counts[Verdict.EDGE] = edges
        for number in range(different):
            one.add(f"text {number}", "a", "b", Verdict.DIFFERENT)
    return made


def test_rows_count_what_differs() -> None:
    rows = kotlin_parity.rows(
        comparisons(kotlin_parity.OF_TEXTS, different=1, edges=2),
        comparisons(kotlin_parity.OF_ANSWERS, different=0, edges=1),
        kinds={"sentences": 600, "odd": 3},
        engines={KOTLIN: "1.26.0", PYTHON: "1.28.0"},
    )
    by_figure = {row.figure: row for row in rows}
    assert (by_figure["texts compared"].value, by_figure["texts compared"].note) == (603, "600 sentences, 3 odd")
    assert by_figure["answers compared"].target == "≥ 20"
    rules = by_figure["differ in spans of the rules"]
    assert (rules.value, rules.target, rules.holds, rules.note) == (1, "≤ 0", False, "of 603; 2 more at knife edges")
    answers = by_figure["differ in greedy answers of 32 tokens"]
    assert answers.holds is True
    assert answers.note == (
        "of 601; 1 more at knife edges; edge: the token led by less than 0.05 logits; ONNX Runtime 1.26.0, Python's 1.28.0"
    )


def test_too_few_texts_are_told() -> None:
    rows = kotlin_parity.rows(
        {part: Comparison() for part in kotlin_parity.OF_TEXTS},
        {part: Comparison() for part in kotlin_parity.OF_ANSWERS},
        kinds={},
        engines={KOTLIN: "1", PYTHON: "1"},
    )
    assert [row.holds for row in rows[:2]] == [False, False]


class Sure:
    version = "sure"
    labels = ("O", "B-GIVEN_NAME", "I-GIVEN_NAME")

    def classify(self, text: str) -> Tokens | None:
        if len(text) > 9:
            return None
        return Tokens(np.array([[0, len(text)]]), np.array([[0.2, 0.5, 0.3]], np.float32))


def test_a_nudged_classifier_changes_private_labels_only() -> None:
    nudged = NudgedClassifier(Sure(), 0.5)
    assert (nudged.version, nudged.labels) == (Sure.version, Sure.labels)
    tokens = nudged.classify("Anna")
    assert tokens is not None
    assert tokens.probabilities.tolist() == np.array([[0.2, 0.25, 0.15]], np.float32).tolist()
    assert nudged.classify("too long for it") is None
