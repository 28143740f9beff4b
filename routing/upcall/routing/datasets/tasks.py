"""Questions whose right answers are known, from public data sets.

Every task is given as a conversation: an instruction, worked examples as earlier turns, the question. What the questions of a
task share comes first, so that engines read it once.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.errors import InputError
from upcall.routing.datasets.readers import READERS, Task
from upcall.routing.tables.outcome_table import Split

TASKS = tuple(READERS)
SPLIT_ORDER = (Split.TRAIN, Split.TEST, Split.CALIBRATION, Split.TRAIN, Split.TEST)
"""Of every five questions of a task, so that any number of them is split alike: 40, 20 and 40 %."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question whose right answer is known.

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
        task = READERS[name](data, random.Random(seed))  # noqa: S311 - a sample, not a secret
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


def _opening(task: Task, draw: random.Random | None) -> list[Message]:
    """The turns before a question: drawn at random, or the usual ones."""
    instruction, shots = task.instructions[0], task.shots
    if draw is not None:
        instruction = draw.choice(task.instructions)
        shots = draw.sample(shots, draw.randint(min(2, len(shots)), len(shots)))
    opening = [Message(Role.SYSTEM, instruction)] if instruction else []
    for question, answer in shots:
        opening += [Message(Role.USER, question), Message(Role.ASSISTANT, answer)]
    return opening
