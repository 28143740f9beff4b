from __future__ import annotations

from collections.abc import Sequence

import pytest

from upcall.edge_runtime.conversation import Message, Role
from upcall.export.checks.threshold import Answer, Outcome, calibrate, choose_threshold, load_set
from upcall.protocol.v1 import bundle_pb2
from upcall.routing.datasets.grading import is_right


def outcome(right: bool, *log_probs: float) -> Outcome:
    return Outcome(right, log_probs)


def test_the_shipped_set() -> None:
    questions, sha256 = load_set()
    tasks = [question.task for question in questions]
    assert {task: tasks.count(task) for task in set(tasks)} == {"addition": 60, "sentiment": 40, "question type": 40}
    assert len({question.messages[-1].content for question in questions}) == len(questions)
    for question in questions:
        if question.task == "addition":
            left, _, right = question.messages[-1].content.removeprefix("What is ").removesuffix("?").partition(" + ")
            assert int(left) + int(right) == int(question.answer)
        assert question.messages[-1].content not in [message.content for message in question.messages[:-1]]
    assert len(sha256) == 64


@pytest.mark.parametrize(
    ("text", "answer", "right"),
    [
        ("1181", "1181", True),
        (" 1,181.", "1181", True),
        ("11811", "1181", False),
        ("928 + 253 = 1181", "1181", True),
        ("1181 + 253 = 928", "1181", False),
        ("I do not know", "1181", False),
        ("-5", "5", False),
        ("Positive!", "positive", True),
        ("not positive", "positive", False),
        ("", "positive", False),
    ],
)
def test_right_answers(text: str, answer: str, right: bool) -> None:
    assert is_right(text, answer) is right


def test_the_least_threshold_that_keeps_the_accuracy() -> None:
    outcomes = [
        outcome(True, -0.1),
        outcome(True, -0.2),
        outcome(False, -0.3),
        outcome(True, -0.4),
        outcome(True, -0.5),
        outcome(False, -0.6),
    ]
    threshold = choose_threshold(outcomes, target_kept_accuracy=0.8)
    assert threshold.value == -0.5
    assert threshold.calibration.kept_share == pytest.approx(5 / 6)
    assert threshold.calibration.kept_accuracy == pytest.approx(4 / 5)
    assert choose_threshold(outcomes, target_kept_accuracy=1.0).value == -0.2
    assert choose_threshold(outcomes, target_kept_accuracy=0.1).calibration.kept_share == 1.0


def test_the_signal_that_tells_more_is_chosen() -> None:
    outcomes = [outcome(True, -0.5, -0.5), outcome(True, -0.6, -0.4), outcome(False, -0.7, -0.1)]
    threshold = choose_threshold(outcomes, target_kept_accuracy=1.0)
    assert threshold.signal == bundle_pb2.SIGNAL_MIN_LOG_PROB
    assert threshold.value == -0.6
    assert threshold.calibration.auroc == 1.0


def test_no_threshold_is_good_enough() -> None:
    threshold = choose_threshold([outcome(False, -0.1), outcome(False, -0.2)], target_kept_accuracy=0.8)
    assert threshold.value == 0.0
    assert threshold.calibration.kept_share == 0.0
    assert threshold.calibration.kept_accuracy == 0.0


def test_calibrate_asks_the_whole_set() -> None:
    asked: list[Sequence[Message]] = []
    right = {question.messages: question.answer for question in load_set()[0]}

    def ask(messages: Sequence[Message]) -> Answer:
        asked.append(messages)
        knows = messages[-1].content.startswith("What is ") and "+" in messages[-1].content
        return Answer(right[tuple(messages)], log_probs=(-0.1,)) if knows else Answer("no idea", log_probs=(-2.0,))

    threshold = calibrate(ask)
    assert len(asked) == 140
    assert threshold.value == -0.1
    assert threshold.calibration.set_name == "everyday-v1"
    assert threshold.calibration.local_accuracy == pytest.approx(60 / 140)
    assert threshold.calibration.auroc == 1.0
    assert all(messages[-1].role is Role.USER for messages in asked)
