"""What masking costs in answers: the same questions with masks and without, through the real service, and on the device."""

from __future__ import annotations

import argparse
import json
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks import results
from benchmarks.machine import describe
from benchmarks.results import Row
from upcall.edge_runtime import AskOptions, CloudEndpoint, Message, Role, Session, Strategy, open_session
from upcall.edge_runtime.errors import EscalationError, EscalationReason, UpcallError
from upcall.edge_runtime.events import Done, Failed, Redacted, Restored
from upcall.edge_runtime.redaction import Action, Detector, EntityType, Policy

CLOUD_MODEL = "qwen2.5-coder-0.5b-instruct"
TASKS = Path(__file__).with_name("masked_answers.json")
MIN_KEPT = 0.9
"""Of the answers that are right without masks, the share that should be right with them."""
_MAX_OUTPUT_TOKENS = 96
_START_TIMEOUT_S = 180
_DESCRIPTION = """Ask the questions of benchmarks/masked_answers.json in the cloud with masks and without, on the device, and
as Upcall decides, with the exported SmolLM2-135M and a service of its own that runs Qwen2.5-Coder-0.5B. Greedy.

Writes benchmarks/results/masked_answers.json and RESULTS.md: right answers, and what became of the placeholders. Both models
must be pulled and the device's exported. About 5 minutes on 2 cores. Nothing is downloaded."""
_console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


@dataclass(frozen=True, slots=True)
class Task:
    """One question with its rule.

    Args:
        name: group and number.
        prompt: the question.
        private: the user's own words.
        expect: what must be in the answer; of an object, as JSON.
        absent: what must not.
    """

    name: str
    prompt: str
    private: tuple[str, ...]
    expect: Sequence[str] | Mapping[str, str]
    absent: tuple[str, ...]

    def is_right(self, answer: str) -> bool:
        """Whether the answer is right by the rule, to the character."""
        if isinstance(self.expect, Mapping):
            return _object_in(answer) == dict(self.expect)
        return all(value in answer for value in self.expect) and not any(value in answer for value in self.absent)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question.

    Args:
        text: restored.
        masked: placeholders sent.
        restored: placeholders of the answer that were replaced.
        strange: texts in the answer that read as placeholders and are none of the vault, or nearly do.
        has_left: whether the question was sent.
    """

    text: str
    masked: int = 0
    restored: int = 0
    strange: int = 0
    has_left: bool = False


def _object_in(answer: str) -> dict[str, str] | None:
    found = re.search(r"\{[^{}]*\}", answer)
    try:
        given = json.loads(found.group()) if found else None
    except ValueError:
        return None
    return {str(key): str(value) for key, value in given.items()} if isinstance(given, dict) else None


def strange_placeholders(text: str) -> int:
    """How many pieces of a restored answer look like a placeholder that was not copied right."""
    kinds = "|".join([*EntityType, "TYPE"])
    return len(re.findall(rf"\[\[ {{0,2}}[A-Za-z]|\b(?:{kinds})[_ ]\d+", re.sub(rf"\[\[ {{0,2}}(?={kinds})", "", text)))


def read_tasks() -> tuple[str, list[Task]]:
    """The system message and the questions."""
    given = json.loads(TASKS.read_text(encoding="utf-8"))
    return given["system"], [
        Task(
            name=task["name"],
            prompt=task["prompt"],
            private=tuple(task["private"]),
            expect=task["expect"],
            absent=tuple(task["absent"]),
        )
        for task in given["tasks"]
    ]


def ask(session: Session, system: str, task: Task, strategy: Strategy) -> Answer:
    """One question, alone.

    Raises:
        UpcallError: there was no answer, or not from where the strategy says.
    """
    messages = [Message(Role.SYSTEM, system), Message(Role.USER, task.prompt)]
    options = AskOptions(strategy=strategy, max_output_tokens=_MAX_OUTPUT_TOKENS)
    sent = restored = 0
    has_left = False
    for event in session.ask(messages, options):
        match event:
            case Redacted():
                sent, has_left = len(event.masked), True
            case Restored():
                restored = event.count
            case Failed():
                raise event.error
            case Done():
                if event.cloud_error is not None:
                    raise event.cloud_error
                return Answer(event.answer, sent, restored, strange_placeholders(event.answer), has_left)
    raise EscalationError("The answer did not end.", reason=EscalationReason.INTERNAL)


@contextmanager
def _service(threads: int) -> Iterator[CloudEndpoint]:
    command = [sys.executable, "-m", "upcall.edge_runtime.cli", "cloud", "--model", CLOUD_MODEL]
    process = subprocess.Popen(
        [*command, "--port", "0", "--no-auth", "--accept-allowed", "--threads", str(threads)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield CloudEndpoint(target=f"127.0.0.1:{_port_of(process)}")
    finally:
        process.terminate()
        process.wait(timeout=30)


def _port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        if select.select([process.stdout], [], [], 1.0)[0] and (
            ready := re.search(r"ready on \S+:(\d+)", process.stdout.readline())
        ):
            return int(ready[1])
    raise EscalationError(
        "The service did not start.", reason=EscalationReason.UNAVAILABLE, next_step="try: upcall cloud --no-auth"
    )


def measure(cloud: CloudEndpoint, *, bundle: Path | None, threads: int | None) -> dict[str, list[tuple[Task, Answer]]]:
    """All questions, each way."""
    system, tasks = read_tasks()
    open_policy = Policy(dict.fromkeys(EntityType, Action.ALLOW))
    ways = {
        "cloud, masked": (Policy(), Strategy.CLOUD),
        "cloud, not masked": (open_policy, Strategy.CLOUD),
        "device": (Policy(), Strategy.LOCAL),
        "Upcall": (Policy(), Strategy.CASCADE),
    }
    found: dict[str, list[tuple[Task, Answer]]] = {}
    for way, (policy, strategy) in ways.items():
        session = open_session(bundle_path=bundle, cloud=cloud, policy=policy, threads=threads)
        try:
            for task in tasks:
                session.use_detector(Detector(deny_terms=task.private))
                answer = ask(session, system, task, strategy)
                found.setdefault(way, []).append((task, answer))
                _console.print(
                    f"{'right' if task.is_right(answer.text) else 'wrong'}  {way:18} {task.name:12} {answer.text!r}"
                )
        finally:
            session.close()
    return found


def rows(found: Mapping[str, Sequence[tuple[Task, Answer]]]) -> list[Row]:
    """Right answers of each way, what masking keeps, and what became of the placeholders."""
    right = {way: {task.name for task, answer in asked if task.is_right(answer.text)} for way, asked in found.items()}
    count = len(next(iter(found.values())))
    unmasked, masked = right["cloud, not masked"], right["cloud, masked"]
    kept = len(masked & unmasked) / len(unmasked) if unmasked else 0.0
    copied = [answer for task, answer in found["cloud, masked"] if _needs_copies(task)]
    whole = sum(answer.restored >= answer.masked and not answer.strange for answer in copied)
    listed = [
        Row(
            figure="answers right without masks that are right with them",
            value=kept,
            unit=f"share of {len(unmasked)}",
            target=f"≥ {MIN_KEPT:g}",
            holds=kept >= MIN_KEPT,
            note=f"{len(masked - unmasked)} more are right with masks only",
        )
    ]
    for way, names in right.items():
        sent = sum(answer.has_left for _, answer in found[way])
        listed.append(
            Row(
                figure=f"right answers, {way}",
                value=len(names) / count,
                unit=f"share of {count}",
                note=f"{sent} left the device",
            )
        )
        groups = sorted({task.name.partition(" ")[0] for task, _ in found[way]})
        for group in groups:
            of = [task.name for task, _ in found[way] if task.name.startswith(group)]
            value = sum(name in names for name in of) / len(of)
            listed.append(Row(figure=f"right answers, {way}, {group}", value=value, unit=f"share of {len(of)}"))
    listed.append(
        Row(
            figure="answers that must repeat every value, with every placeholder copied",
            value=whole / len(copied),
            unit=f"share of {len(copied)}",
            note="as many restored as were sent, and none changed",
        )
    )
    strange = sum(answer.strange for _, answer in found["cloud, masked"])
    sent = sum(answer.masked for _, answer in found["cloud, masked"])
    listed.append(Row(figure="placeholders changed or made up by the cloud", value=strange, unit=f"beside {sent} sent"))
    return listed


def _needs_copies(task: Task) -> bool:
    return not task.absent


def main() -> None:
    """Measure, write the results."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.masked_answers",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dry-run", action="store_true", help="measure, show and write nothing")
    parser.add_argument("--threads", type=int, default=0, help="of each model [physical cores]")
    parser.add_argument("--bundle", type=Path, help="of the device model [the exported default]")
    given = parser.parse_args()
    try:
        with _service(given.threads) as cloud:
            listed = rows(measure(cloud, bundle=given.bundle, threads=given.threads or None))
    except UpcallError as error:
        sys.exit(str(error))
    for row in listed:
        _console.print(f"{row.value:8.3f} {row.unit:14} {row.figure}  {row.target or ''}")
    if not given.dry_run:
        command = results.command_line("benchmarks.masked_answers", sys.argv[1:])
        results.publish("masked_answers", command=command, machine=describe(), rows=listed)


if __name__ == "__main__":
    main()
