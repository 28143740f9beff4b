"""``upcall demo``: the whole of Upcall on real models, with nothing prepared."""

from __future__ import annotations

import json
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from upcall.edge_runtime.answer import Answer
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.cli.options import EngineOption
from upcall.edge_runtime.cli.rendering import describe, describe_departure, follow
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.decision.decide import Place, Strategy
from upcall.edge_runtime.downloads.catalogue import DEVICE_MODEL
from upcall.edge_runtime.engines.opening import EngineName
from upcall.edge_runtime.errors import BundleError, UpcallError
from upcall.edge_runtime.home import upcall_home
from upcall.edge_runtime.opening import NAME_MODEL, default_bundle_path, open_detector, open_session
from upcall.edge_runtime.question import AskOptions
from upcall.edge_runtime.redaction import Action, Policy
from upcall.edge_runtime.session import Session

if TYPE_CHECKING:
    from upcall.edge_runtime.escalation import CloudEndpoint  # brings gRPC

app = command_app()

START_TIMEOUT_S = 180
MAX_OUTPUT_TOKENS = 48


class DemoError(UpcallError):
    """A step of the demo failed."""


@dataclass(frozen=True)
class Question:
    """One question with the conversation that leads to it, and the right answer."""

    group: str
    messages: tuple[Message, ...]
    expected: str
    match: str

    def is_right(self, answer: str) -> bool:
        """Whether an answer is right by its group's rule.

        It must hold the words to be copied, end in the number, or be equal but for case and a full stop.
        """
        if self.match == "contains":
            return self.expected in answer
        if self.match == "last number":
            return re.findall(r"\d+", answer.replace(",", ""))[-1:] == [self.expected]
        return answer.strip().rstrip(".").casefold() == self.expected.casefold()


@dataclass
class Scores:
    """Right answers of one group of questions."""

    questions: int = 0
    local: int = 0
    cloud: int = 0
    upcall: int = 0
    calls: int = 0

    def add(self, *, local: bool, cloud: bool, upcall: bool, called: bool) -> None:
        """Count one question."""
        self.questions += 1
        self.local += local
        self.cloud += cloud
        self.upcall += upcall
        self.calls += called


@app.command(
    help=help_with_examples(
        "Pull, export, start the service here, ask real questions, and count who was right. Answers are greedy. "
        "Each question is asked three ways: on the device only, in the cloud only (private words masked all the same), "
        "and as Upcall decides.",
        "upcall demo",
        "upcall demo --cloud-model qwen2.5-coder-1.5b-instruct",
    )
)
def demo(
    cloud_model: Annotated[
        str, typer.Option(help="Large model: qwen2.5-coder-0.5b-instruct or qwen2.5-coder-1.5b-instruct.")
    ] = "qwen2.5-coder-0.5b-instruct",
    engine: EngineOption = EngineName.AUTO,
) -> None:
    """Prepare what is missing, ask, and print the tables."""
    console = Console(highlight=False)
    started = time.monotonic()
    _run("pull", DEVICE_MODEL, cloud_model, NAME_MODEL)
    path = default_bundle_path(engine)
    try:
        is_trained = any(head.HasField("revision") for head in open_bundle(path).manifest.router_heads)
    except BundleError:
        _run("export", DEVICE_MODEL, "--to", "onnx" if engine is EngineName.AUTO else engine, "--force")
    else:
        if not is_trained and engine is not EngineName.EXECUTORCH:  # made before Upcall came with a head for it
            _run("export", str(path), "--force")
    given = json.loads(resources.files(__package__).joinpath("demo_questions.json").read_text(encoding="utf-8"))
    with service_on_loopback(cloud_model) as cloud:
        session = open_session(
            engine=engine,
            cloud=cloud,
            policy=Policy.parse(dict.fromkeys(given["blocked_types"], Action.BLOCK)),
            detector=open_detector(private_terms=given["private_terms"]),
        )
        try:
            _ask_all(session, _questions(given), console)
        finally:
            session.close()
    console.print(f"[dim]{time.monotonic() - started:.0f} s in all, set-up included[/dim]")


def _questions(given: dict[str, Any]) -> list[Question]:
    questions = []
    for group in given["groups"]:
        before = [Message(Role.SYSTEM, group["system"])] if group["system"] else []
        for asked, answer in group["examples"]:
            before += [Message(Role.USER, asked), Message(Role.ASSISTANT, answer)]
        for asked, answer in group["questions"]:
            messages = (*before, Message(Role.USER, asked))
            questions.append(Question(group["title"], messages, answer, group["match"]))
    return questions


def _ask_all(session: Session, questions: Sequence[Question], console: Console) -> None:
    scores: dict[str, Scores] = {}
    shown: list[Answer] = []
    before: Question | None = None
    for question in questions:
        if before is None or before.group != question.group:
            console.rule(question.group)
            if question.match != "contains":
                console.print("[dim]Few-shot examples (sent along when the cloud is called):[/dim]")
                for message in question.messages[:-1]:
                    console.print(f"[dim]  {message.role}: {escape(message.content)}[/dim]")
        before = question
        console.print(f"\n[bold]{escape(question.messages[-1].content)}[/bold]", soft_wrap=True)
        answer = _ask(session, question, Strategy.CASCADE, console)
        verdict = "[green]right[/green]" if question.is_right(answer.text) else "[red]wrong[/red]"
        console.print(f"{verdict}  {describe(answer)}", soft_wrap=True)
        if answer.redacted is not None:
            sent = answer.redacted.messages if question.match == "contains" else answer.redacted.messages[-1:]
            console.print(describe_departure(answer.redacted, sent), soft_wrap=True)
        shown.append(answer)
        is_local = answer.decision is not None and answer.decision.place is Place.DEVICE
        # Greedy answers repeat, so the way that Upcall took need not be asked again.
        local = answer if is_local else _ask(session, question, Strategy.LOCAL, None)
        cloud = _ask(session, question, Strategy.CLOUD, None) if is_local else answer
        scores.setdefault(question.group, Scores()).add(
            local=question.is_right(local.text),
            cloud=question.is_right(cloud.text),
            upcall=question.is_right(answer.text),
            called=answer.redacted is not None,
        )
    console.rule()
    console.print(_table(scores))
    for place in Place:
        _print_speed(place, shown, console)
    masked = sum(len(answer.redacted.masked) for answer in shown if answer.redacted is not None)
    console.print(f"Private values replaced by placeholders: {masked}")


def _ask(session: Session, question: Question, strategy: Strategy, console: Console | None) -> Answer:
    options = AskOptions(strategy=strategy, max_output_tokens=MAX_OUTPUT_TOKENS)
    answer = follow(session.ask(question.messages, options), out=console, notes=console)
    if answer.was_stopped:
        raise KeyboardInterrupt
    if answer.error is not None:
        raise answer.error
    return answer


def _table(scores: dict[str, Scores]) -> Table:
    table = Table(title="Right answers, and the share of questions that left the device")
    for heading in ("questions", "", "local only", "cloud only", "Upcall", "Upcall's calls"):
        table.add_column(heading, justify="left" if heading == "questions" else "right")
    total = Scores()
    for row in scores.values():
        for name, value in vars(row).items():
            setattr(total, name, getattr(total, name) + value)
    for title, row in [*scores.items(), ("all", total)]:
        if title == "all":
            table.add_section()
        right = (f"{count / row.questions:.0%}" for count in (row.local, row.cloud, row.upcall, row.calls))
        table.add_row(title, str(row.questions), *right)
    return table


def _print_speed(place: Place, answers: Sequence[Answer], console: Console) -> None:
    usages = [answer.usage for answer in answers if answer.usage is not None and answer.usage.place is place]
    first = [usage.time_to_first_token_ms for usage in usages if usage.time_to_first_token_ms is not None]
    speeds = [usage.tokens_per_s for usage in usages if usage.tokens_per_s is not None]
    if first and speeds:
        speed = f"first token after {median(first):.0f} ms, {median(speeds):.0f} tokens/s (medians of {len(first)})"
        console.print(f"Answers of the {place}: {speed}")


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "upcall.edge_runtime.cli", *arguments]


def _run(*arguments: str) -> None:
    """Run another command of Upcall in the user's sight."""
    if subprocess.run(_command(*arguments), check=False).returncode:
        raise DemoError(
            f"The step `upcall {' '.join(arguments)}` failed.",
            next_step="see its message above; then run the demo again",
        )


@contextmanager
def service_on_loopback(model: str) -> Iterator[CloudEndpoint]:
    """The cloud service on loopback, with a key made for this run."""
    folder = upcall_home() / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    keys = folder / "cloud_keys"
    keys.unlink(missing_ok=True)
    made = subprocess.run(
        _command("cloud", "key", "demo", "--keys", str(keys)), capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise DemoError(f"No key could be made: {made.stderr.strip()}")
    process = subprocess.Popen(
        _command("cloud", "--model", model, "--port", "0", "--keys", str(keys)), stdout=subprocess.PIPE, text=True
    )
    from upcall.edge_runtime.escalation import CloudEndpoint

    try:
        yield CloudEndpoint(target=f"127.0.0.1:{_port_of(process)}", api_key=made.stdout.strip())
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
        keys.unlink(missing_ok=True)


def _port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        if select.select([process.stdout], [], [], 1.0)[0]:
            ready = re.search(r"ready on \S+:(\d+)", process.stdout.readline())
            if ready:
                return int(ready[1])
    raise DemoError(
        "The cloud service did not start.", next_step="see its message above, or try: upcall cloud --no-auth"
    )
