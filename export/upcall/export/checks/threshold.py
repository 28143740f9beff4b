"""The threshold below which the device calls the cloud, from questions whose answers are known.

A set is a JSONL file. A line with ``examples`` opens a task: an instruction (the system message; may be empty) and worked
examples, given as earlier turns of the conversation. A line with ``question`` and ``answer`` belongs to the task of its name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from upcall.edge_runtime.bundle import SIGNAL_TO_PROTO
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.decision.confidence import Signal, score
from upcall.edge_runtime.language_model.model import LanguageModel
from upcall.export.checks.samples import CALIBRATION
from upcall.protocol.v1 import bundle_pb2
from upcall.routing.datasets.grading import is_right
from upcall.routing.evaluation.metrics import auroc
from upcall.routing.heads.thresholds import described, least_threshold

SET_NAME = "everyday-v1"
DEFAULT_TARGET = 0.9
MAX_ANSWER_TOKENS = 24
_SIGNALS = (Signal.MEAN_LOG_PROB, Signal.MIN_LOG_PROB)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says to a conversation.

    Args:
        text: of the answer.
        prompt: token ids of the rendered conversation.
        tokens: ids of the answer, the stop token included.
        log_probs: of each of the tokens; empty where nobody asks for them.
    """

    text: str
    prompt: tuple[int, ...] = ()
    tokens: tuple[int, ...] = ()
    log_probs: tuple[float, ...] = ()


Ask = Callable[[Sequence[Message]], Answer]


@dataclass(frozen=True, slots=True)
class Question:
    """A conversation whose right answer is known."""

    task: str
    messages: tuple[Message, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the device did on one question."""

    is_right: bool
    log_probs: tuple[float, ...]


def load_set() -> tuple[tuple[Question, ...], str]:
    """The questions of the shipped set and the sha256 of its file."""
    data = (CALIBRATION / f"{SET_NAME}.jsonl").read_bytes()
    return tuple(_questions(data.decode())), hashlib.sha256(data).hexdigest()


def _questions(text: str) -> Iterator[Question]:
    openings: dict[str, tuple[Message, ...]] = {}
    for line in map(json.loads, text.splitlines()):
        if "examples" in line:
            turns = [Message(Role.SYSTEM, line["instruction"])] if line["instruction"] else []
            for question, answer in line["examples"]:
                turns += [Message(Role.USER, question), Message(Role.ASSISTANT, answer)]
            openings[line["task"]] = tuple(turns)
        else:
            messages = (*openings[line["task"]], Message(Role.USER, line["question"]))
            yield Question(line["task"], messages, line["answer"])


def asker(model: LanguageModel) -> Ask:
    """Greedy answers as the device gives them; questions with a common beginning share its cache."""

    def ask(messages: Sequence[Message]) -> Answer:
        local = model.answer(messages, max_output_tokens=MAX_ANSWER_TOKENS)
        local.finish()
        return Answer(local.answer, local.prompt, tuple(local.tokens), tuple(local.log_probs))

    return ask


def calibrate(
    ask: Ask, *, target_kept_accuracy: float = DEFAULT_TARGET, on_question: Callable[[int, int], None] = lambda *_: None
) -> bundle_pb2.Threshold:
    """Ask every question of the set, then choose signal and threshold.

    Args:
        ask: the device.
        target_kept_accuracy: 0 to 1.
        on_question: told questions done and all.
    """
    questions, sha256 = load_set()
    outcomes = []
    for number, question in enumerate(questions, start=1):
        answer = ask(question.messages)
        outcomes.append(Outcome(is_right(answer.text, question.answer), answer.log_probs))
        on_question(number, len(questions))
    threshold = choose_threshold(outcomes, target_kept_accuracy=target_kept_accuracy)
    threshold.calibration.set_name, threshold.calibration.set_sha256 = SET_NAME, sha256
    return threshold


def choose_threshold(outcomes: Sequence[Outcome], *, target_kept_accuracy: float) -> bundle_pb2.Threshold:
    """The signal of higher AUROC, and the least threshold at which the answers kept are right often enough.

    An answer is kept when its signal is equal to the threshold or above. Where no threshold reaches the target the value is
    0: only an answer whose every token had probability 1 would be kept.

    Args:
        outcomes: one or more.
        target_kept_accuracy: least share of right ones among the answers kept, 0 to 1.
    """
    right = np.array([outcome.is_right for outcome in outcomes])
    scores = {signal: np.array([score(signal, outcome.log_probs) for outcome in outcomes]) for signal in _SIGNALS}
    signal = max(_SIGNALS, key=lambda own: auroc(scores[own], right))  # the first, the mean, when equal
    value = least_threshold(scores[signal], right, target_kept_accuracy=target_kept_accuracy)
    calibration = described(scores[signal], right, value)
    calibration.target_kept_accuracy = target_kept_accuracy
    return bundle_pb2.Threshold(signal=SIGNAL_TO_PROTO[signal], value=value, calibration=calibration)
