"""Public data sets as tasks: instructions, worked examples and questions with their right answers."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LABELS = {"DESC": "description", "ENTY": "thing", "HUM": "person", "LOC": "place", "NUM": "number"}
_DETAILS = {
    "PERSON": "the person's name",
    "GPE": "the place",
    "ORGANIZATION": "the organisation",
    "CREDIT_CARD": "the card number",
    "PHONE_NUMBER": "the phone number",
    "EMAIL_ADDRESS": "the e-mail address",
}
_PRIVATE = frozenset(_DETAILS) - {"GPE", "ORGANIZATION"} | {
    "STREET_ADDRESS", "ZIP_CODE", "IBAN_CODE", "IP_ADDRESS", "US_SSN", "US_DRIVER_LICENSE"
}  # fmt: skip
_MAX_SENTENCE_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Row:
    """A question of a source, before it is given a split."""

    place: int
    question: str
    answer: str
    private_spans: tuple[tuple[int, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task: instructions, worked examples and questions.

    Args:
        instructions: system messages that ask for the same, the usual one first; an empty one is none.
        shots: worked examples.
        rows: questions, none of them an example.
        max_output_tokens: of an answer.
    """

    instructions: Sequence[str]
    shots: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    max_output_tokens: int = 24


def _shuffled(rows: Sequence[Any], order: random.Random) -> list[Any]:
    return order.sample(list(rows), len(rows))


def _two_of_each(examples: Sequence[Any], labels: Iterable[str], *, place: int) -> list[Any]:
    """The first two examples of each label, which stands at ``place`` of an example."""
    return [pair for label in labels for pair in [one for one in examples if one[place] == label][:2]]


def _lines(path: Path, encoding: str) -> list[list[str]]:
    return [line.split(" ", 1) for line in path.read_text(encoding=encoding).splitlines() if line.strip()]


def _sst2(data: Path, order: random.Random) -> Task:
    folder, names = data / "tasks" / "sst2", {"0": "negative", "1": "positive"}
    examples = _shuffled(_lines(folder / "stsa.binary.train", "utf-8"), order)
    shots = _two_of_each(examples, names, place=0)
    rows = [
        Row(place, text, names[label])
        for place, (label, text) in enumerate(_lines(folder / "stsa.binary.test", "utf-8"))
    ]
    return Task(
        instructions=(
            "Is the review positive or negative? Answer with one word.",
            "",
            "Classify the sentiment of the text as positive or negative.",
            "You label film reviews. Reply with positive or negative only.",
        ),
        shots=[(text, names[label]) for label, text in _shuffled(shots, order)],
        rows=_shuffled(rows, order),
    )


def _trec(data: Path, order: random.Random) -> Task:
    folder = data / "tasks" / "trec"

    def read(name: str) -> list[tuple[str, str]]:
        listed = [(label.partition(":")[0], text) for label, text in _lines(folder / name, "latin-1")]
        return [(text, _LABELS[label]) for label, text in listed if label in _LABELS]

    examples = _shuffled(read("TREC.train"), order)
    shots = _two_of_each(examples, _LABELS.values(), place=1)
    rows = [Row(place, text, label) for place, (text, label) in enumerate(read("TREC.test"))]
    return Task(
        instructions=(
            "What does the question ask for: description, thing, person, place or number? Answer with one word.",
            "",
            "Say what kind of answer is wanted: description, thing, person, place or number.",
            "Classify the question. Labels: number, place, person, thing, description.",
        ),
        shots=_shuffled(shots, order),
        rows=_shuffled(rows, order),
    )


def _addition(_: Path, order: random.Random) -> Task:
    """Sums of numbers of 1 to 4 digits, both of as many."""

    def draw() -> tuple[int, int]:
        digits = order.randint(1, 4)
        return order.randrange(10 ** (digits - 1), 10**digits), order.randrange(10 ** (digits - 1), 10**digits)

    shots = [(f"What is {a} + {b}?", f"{a} + {b} = {a + b}") for a, b in ((4, 5), (27, 16), (345, 120), (1208, 764))]
    drawn = list(dict.fromkeys(draw() for _ in range(4000)))
    return Task(
        instructions=(
            "Add the numbers.",
            "",
            "Calculate.",
            "You are a careful calculator. Repeat the sum with its result.",
        ),
        shots=shots,
        rows=[Row(place, f"What is {a} + {b}?", str(a + b)) for place, (a, b) in enumerate(drawn)],
    )


def _extraction(data: Path, order: random.Random) -> Task:
    """A detail of a synthetic sentence, by its marked span."""
    path = data / "pii" / "presidio-research" / "synth_dataset_v2_dev.json"
    rows = []
    for place, sentence in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        text, spans = sentence["full_text"], sentence["spans"]
        kinds = [span["entity_type"] for span in spans]
        asked = [span for span in spans if span["entity_type"] in _DETAILS and kinds.count(span["entity_type"]) == 1]
        if not asked or len(text) > _MAX_SENTENCE_CHARACTERS:
            continue
        span = asked[place % len(asked)]
        private = tuple((s["start_position"] + 1, s["end_position"] + 1) for s in spans if s["entity_type"] in _PRIVATE)
        question = f"'{text}' What is {_DETAILS[span['entity_type']]}?"
        rows.append(Row(place, question, span["entity_value"], private))
    shuffled = _shuffled(rows, order)
    return Task(
        instructions=(
            "Answer with the requested detail only, copied exactly.",
            "",
            "Extract the detail that is asked for from the sentence.",
            "Copy the answer from the text. No other words.",
        ),
        shots=[(row.question, row.answer) for row in shuffled[:4]],
        rows=shuffled[4:],
        max_output_tokens=48,
    )


def _boolq(data: Path, order: random.Random) -> Task:
    """The questions without their passages: what the model knows."""

    def read(name: str) -> list[tuple[str, str]]:
        listed = json.loads((data / "tasks" / "multiple_choice" / "boolq" / name).read_text(encoding="utf-8"))
        return [(re.search(r"question: (.*?)\n", f"{row['instruction']}\n")[1], row["answer"]) for row in listed]  # type: ignore[index]

    examples = _shuffled(read("train.json"), order)
    shots = _two_of_each(examples, ("true", "false"), place=1)
    rows = [Row(place, text, label) for place, (text, label) in enumerate(read("test.json"))]
    return Task(
        instructions=(
            "Answer the question with true or false.",
            "",
            "True or false?",
            "Reply with one word, true or false.",
        ),
        shots=_shuffled(shots, order),
        rows=_shuffled(rows, order),
    )


def _gsm8k(data: Path, order: random.Random) -> Task:
    def read(name: str) -> list[tuple[str, str]]:
        lines = (data / "tasks" / "gsm8k" / name).read_text(encoding="utf-8").splitlines()
        return [(row["question"], re.sub(r"<<.*?>>", "", row["answer"])) for row in map(json.loads, lines)]

    short = [one for one in read("train.jsonl") if len(one[1]) < 200]  # shows how terse a solution may be
    rows = [
        Row(place, question, solution.rpartition("#### ")[2].replace(",", ""))
        for place, (question, solution) in enumerate(read("test.jsonl"))
    ]
    return Task(
        instructions=(
            "Solve the problem step by step, in few words. End with #### and the number.",
            "",
            "Work out the answer. The last line is #### and the result.",
        ),
        shots=_shuffled(short, order)[:2],
        rows=_shuffled(rows, order),
        max_output_tokens=200,
    )


READERS: Mapping[str, Callable[[Path, random.Random], Task]] = {
    "sst2": _sst2,
    "trec": _trec,
    "boolq": _boolq,
    "addition": _addition,
    "gsm8k": _gsm8k,
    "extraction": _extraction,
}
