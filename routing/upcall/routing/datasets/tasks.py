"""Questions whose right answers are known, from public data sets, and how an answer is graded.

Every task is given as a conversation: an instruction, worked examples as earlier turns, the question. What the questions of a
task share comes first, so that engines read it once.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.errors import InputError
from upcall.routing.tables.outcome_table import Split

SPLIT_ORDER = (Split.TRAIN, Split.TEST, Split.CALIBRATION, Split.TRAIN, Split.TEST)
"""Of every five questions of a task, so that any number of them is split alike: 40, 20 and 40 %."""
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
class Query:
    """One question.

    Args:
        query_id: the task and the question's place in its source; the same for every seed.
        task: its name.
        messages: the conversation, the question last.
        answer: the right one.
        split: what the outcome is for.
        private_spans: start and end in the question's text of what is private, in code points; None where nobody marked it.
        max_output_tokens: enough for a right answer.
    """

    query_id: str
    task: str
    messages: tuple[Message, ...] = field(repr=False)
    answer: str = field(repr=False)
    split: Split
    private_spans: tuple[tuple[int, int], ...] | None = field(repr=False)
    max_output_tokens: int

    @property
    def prompt(self) -> str:
        """The question's own text."""
        return self.messages[-1].content


@dataclass(frozen=True, slots=True)
class _Row:
    """A question of a source, before it is given a split."""

    place: int
    question: str
    answer: str
    private_spans: tuple[tuple[int, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """How a task is asked.

    Args:
        instructions: system messages that ask for the same, the usual one first; an empty one is none.
        shots: worked examples.
        rows: questions, none of them an example.
        max_output_tokens: of an answer.
    """

    instructions: Sequence[str]
    shots: Sequence[tuple[str, str]]
    rows: Sequence[_Row]
    max_output_tokens: int = 24


def first_word(text: str, answer: str) -> bool:
    """Whether the first word of the text is the answer, whatever its case."""
    word = re.search(r"[^\W\d_]+", text)
    return word is not None and word[0].lower() == answer.lower()


def last_number(text: str, answer: str) -> bool:
    """Whether the last number of the text is the answer; commas and a fraction of zero do not count."""
    numbers = re.findall(r"-?\d[\d,]*(?:\.\d+)?", text)
    return bool(numbers) and re.sub(r"\.0+$", "", numbers[-1].replace(",", "")) == answer


def same_text(text: str, answer: str) -> bool:
    """Whether the text is the answer, whatever its case, and quotes and full stops at its ends."""
    return text.strip(" \n'\"`.").lower() == answer.strip(" \n'\"`.").lower()


_GRADES = {
    "sst2": first_word,
    "trec": first_word,
    "boolq": first_word,
    "addition": last_number,
    "gsm8k": last_number,
    "extraction": same_text,
}
TASKS = tuple(_GRADES)


def grade(task: str, text: str, answer: str) -> float:
    """1 for a right answer, else 0."""
    return float(_GRADES[task](text, answer))


def load_queries(
    names: Sequence[str], *, data: Path, count: int, seed: int, is_varied: bool = False
) -> tuple[Query, ...]:
    """The first ``count`` questions of each task in an order that depends on the seed alone, so that more can be added later.

    Args:
        names: of ``TASKS``.
        data: folder with the data sets (``tasks/sst2`` and so on); addition needs none.
        count: of each task; a source that has fewer gives all.
        seed: of the order and of the examples.
        is_varied: draw the instruction (none, at times), how many examples and their order anew for every question. A head
            trained on one wording alone takes it for what it should look at.

    Raises:
        InputError: a task is unknown, or its files are not there or not as expected.
    """
    if unknown := sorted(set(names) - set(TASKS)):
        raise InputError(f"The task '{unknown[0]}' is unknown.", allowed=", ".join(TASKS))
    return tuple(query for name in names for query in _queries(name, data, count, seed, is_varied))


def _queries(name: str, data: Path, count: int, seed: int, is_varied: bool) -> Iterator[Query]:
    try:
        task = _READERS[name](data, random.Random(seed))  # noqa: S311 - a sample, not a secret
    except FileNotFoundError as error:
        raise InputError(
            f"The data of the task {name} are not there: {error.filename}.",
            next_step="name the folder that holds tasks/ with --data or UPCALL_DATA",
        ) from None
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(f"The data of the task {name} are not as expected ({type(error).__name__}).") from error
    for place, row in enumerate(task.rows[:count]):
        draw = random.Random(f"{seed} {row.place}") if is_varied else None  # noqa: S311 - a sample, not a secret
        yield Query(
            query_id=f"{name}-{row.place}",
            task=name,
            messages=(*_opening(task, draw), Message(Role.USER, row.question)),
            answer=row.answer,
            split=SPLIT_ORDER[place % len(SPLIT_ORDER)],
            private_spans=row.private_spans,
            max_output_tokens=task.max_output_tokens,
        )


def _opening(task: _Task, draw: random.Random | None) -> list[Message]:
    """What comes before a question: drawn, or the usual."""
    instruction, shots = task.instructions[0], task.shots
    if draw is not None:
        instruction = draw.choice(task.instructions)
        shots = draw.sample(shots, draw.randint(min(2, len(shots)), len(shots)))
    opening = [Message(Role.SYSTEM, instruction)] if instruction else []
    for question, answer in shots:
        opening += [Message(Role.USER, question), Message(Role.ASSISTANT, answer)]
    return opening


def _shuffled(rows: Sequence[Any], order: random.Random) -> list[Any]:
    return order.sample(list(rows), len(rows))


def _lines(path: Path, encoding: str) -> list[list[str]]:
    return [line.split(" ", 1) for line in path.read_text(encoding=encoding).splitlines() if line.strip()]


def _sst2(data: Path, order: random.Random) -> _Task:
    folder, names = data / "tasks" / "sst2", {"0": "negative", "1": "positive"}
    examples = _shuffled(_lines(folder / "stsa.binary.train", "utf-8"), order)
    shots = [pair for label in names for pair in [one for one in examples if one[0] == label][:2]]
    rows = [
        _Row(place, text, names[label])
        for place, (label, text) in enumerate(_lines(folder / "stsa.binary.test", "utf-8"))
    ]
    return _Task(
        instructions=(
            "Is the review positive or negative? Answer with one word.",
            "",
            "Classify the sentiment of the text as positive or negative.",
            "You label film reviews. Reply with positive or negative only.",
        ),
        shots=[(text, names[label]) for label, text in _shuffled(shots, order)],
        rows=_shuffled(rows, order),
    )


def _trec(data: Path, order: random.Random) -> _Task:
    folder = data / "tasks" / "trec"

    def read(name: str) -> list[tuple[str, str]]:
        listed = [(label.partition(":")[0], text) for label, text in _lines(folder / name, "latin-1")]
        return [(text, _LABELS[label]) for label, text in listed if label in _LABELS]

    examples = _shuffled(read("TREC.train"), order)
    shots = [pair for label in _LABELS.values() for pair in [one for one in examples if one[1] == label][:2]]
    rows = [_Row(place, text, label) for place, (text, label) in enumerate(read("TREC.test"))]
    return _Task(
        instructions=(
            "What does the question ask for: description, thing, person, place or number? Answer with one word.",
            "",
            "Say what kind of answer is wanted: description, thing, person, place or number.",
            "Classify the question. Labels: number, place, person, thing, description.",
        ),
        shots=_shuffled(shots, order),
        rows=_shuffled(rows, order),
    )


def _addition(_: Path, order: random.Random) -> _Task:
    """Sums of numbers of 1 to 4 digits, both of as many."""

    def draw() -> tuple[int, int]:
        digits = order.randint(1, 4)
        return order.randrange(10 ** (digits - 1), 10**digits), order.randrange(10 ** (digits - 1), 10**digits)

    shots = [(f"What is {a} + {b}?", f"{a} + {b} = {a + b}") for a, b in ((4, 5), (27, 16), (345, 120), (1208, 764))]
    drawn = list(dict.fromkeys(draw() for _ in range(4000)))
    return _Task(
        instructions=(
            "Add the numbers.",
            "",
            "Calculate.",
            "You are a careful calculator. Repeat the sum with its result.",
        ),
        shots=shots,
        rows=[_Row(place, f"What is {a} + {b}?", str(a + b)) for place, (a, b) in enumerate(drawn)],
    )


def _extraction(data: Path, order: random.Random) -> _Task:
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
        rows.append(_Row(place, question, span["entity_value"], private))
    shuffled = _shuffled(rows, order)
    return _Task(
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


def _boolq(data: Path, order: random.Random) -> _Task:
    """The questions without their passages: what the model knows."""

    def read(name: str) -> list[tuple[str, str]]:
        listed = json.loads((data / "tasks" / "multiple_choice" / "boolq" / name).read_text(encoding="utf-8"))
        return [(re.search(r"question: (.*?)\n", f"{row['instruction']}\n")[1], row["answer"]) for row in listed]  # type: ignore[index]

    examples = _shuffled(read("train.json"), order)
    shots = [pair for label in ("true", "false") for pair in [one for one in examples if one[1] == label][:2]]
    rows = [_Row(place, text, label) for place, (text, label) in enumerate(read("test.json"))]
    return _Task(
        instructions=(
            "Answer the question with true or false.",
            "",
            "True or false?",
            "Reply with one word, true or false.",
        ),
        shots=_shuffled(shots, order),
        rows=_shuffled(rows, order),
    )


def _gsm8k(data: Path, order: random.Random) -> _Task:
    def read(name: str) -> list[tuple[str, str]]:
        lines = (data / "tasks" / "gsm8k" / name).read_text(encoding="utf-8").splitlines()
        return [(row["question"], re.sub(r"<<.*?>>", "", row["answer"])) for row in map(json.loads, lines)]

    short = [one for one in read("train.jsonl") if len(one[1]) < 200]  # shows how terse a solution may be
    rows = [
        _Row(place, question, solution.rpartition("#### ")[2].replace(",", ""))
        for place, (question, solution) in enumerate(read("test.jsonl"))
    ]
    return _Task(
        instructions=(
            "Solve the problem step by step, in few words. End with #### and the number.",
            "",
            "Work out the answer. The last line is #### and the result.",
        ),
        shots=_shuffled(short, order)[:2],
        rows=_shuffled(rows, order),
        max_output_tokens=200,
    )


_READERS: Mapping[str, Callable[[Path, random.Random], _Task]] = {
    "sst2": _sst2,
    "trec": _trec,
    "boolq": _boolq,
    "addition": _addition,
    "gsm8k": _gsm8k,
    "extraction": _extraction,
}
