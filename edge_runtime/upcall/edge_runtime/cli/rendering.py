"""Shows the events of one question: the answer on standard output, everything about it on standard error."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape

from upcall.edge_runtime.conversation import Message
from upcall.edge_runtime.decision.decide import Place, RouteDecision
from upcall.edge_runtime.errors import UpcallError
from upcall.edge_runtime.events import Decided, Done, Event, Failed, Redacted, Restored, Token, Usage


@dataclass
class Outcome:
    """All that one question led to."""

    decision: RouteDecision | None = None
    redacted: Redacted | None = None
    restored_count: int = 0
    usage: Usage | None = None
    done: Done | None = None
    error: UpcallError | None = None
    answer: str = field(default="", repr=False)
    was_stopped: bool = False

    def as_json(self) -> dict[str, Any]:
        """For ``--json``: plain values."""
        decision, usage, redacted = self.decision, self.usage, self.redacted
        error = self.error or (self.done.cloud_error if self.done else None)
        return {
            "answer": self.answer if self.done else None,
            "place": decision.place if decision and self.done else None,
            "reason": decision.reason if decision else None,
            "score": decision.score if decision else None,
            "threshold": decision.threshold if decision else None,
            "finish_reason": self.done.finish_reason if self.done else None,
            "sent": [{"role": m.role, "content": m.content} for m in redacted.messages] if redacted else None,
            "sent_to": redacted.address if redacted else None,
            "masked": dict(redacted.masked) if redacted else None,
            "input_tokens": usage.input_tokens if usage else None,
            "output_tokens": usage.output_tokens if usage else None,
            "time_to_first_token_ms": usage.time_to_first_token_ms if usage else None,
            "total_ms": usage.total_ms if usage else None,
            "tokens_per_s": usage.tokens_per_s if usage else None,
            "error": error.problem if error else None,
        }


def follow(events: Generator[Event, None, None], *, out: Console | None, notes: Console | None) -> Outcome:
    """Consume the events to their end.

    Args:
        events: of one question; closed on the way out. Ctrl-C stops the engine, wherever it runs, and keeps what came.
        out: where the answer's text goes as it comes; None shows nothing. A draft is shown once it has become the answer.
        notes: where decisions and failures are told; None tells nothing.
    """
    outcome = Outcome()

    def show(text: str) -> None:
        if out is not None:
            out.print(text, end="", markup=False, highlight=False, soft_wrap=True)

    with closing(events):
        try:
            for event in events:
                match event:
                    case Token(text=text):
                        outcome.answer += text
                        if outcome.decision is not None:
                            show(text)
                    case Decided(decision=decision):
                        _decide(outcome, decision, show=show, notes=notes)
                    case Redacted():
                        outcome.redacted = event
                    case Restored(count=count):
                        outcome.restored_count = count
                    case Usage():
                        outcome.usage = event
                    case Done():
                        outcome.done = event
                    case Failed(error=error):
                        outcome.error = error
        except KeyboardInterrupt:
            outcome.was_stopped = True
    show("\n")
    return outcome


def _decide(outcome: Outcome, decision: RouteDecision, *, show: Callable[[str], None], notes: Console | None) -> None:
    if outcome.decision is not None and notes is not None:
        notes.print("\n[yellow]The cloud did not answer; the device does:[/yellow]")
    elif decision.place is Place.DEVICE:
        show(outcome.answer)
    if outcome.decision is not None or decision.place is Place.CLOUD:
        outcome.answer = ""
    outcome.decision = decision


def describe(outcome: Outcome) -> str:
    """One line: where, why, how fast. Rich markup."""
    decision, usage = outcome.decision, outcome.usage
    if decision is None or usage is None or outcome.done is None:
        return ""
    numbers = ""
    if decision.score is not None and decision.threshold is not None:
        relation = "<" if decision.score < decision.threshold else "≥"
        numbers = f" (score {decision.score:.2f} {relation} {decision.threshold:.2f})"
    parts = [f"{decision.place}: {decision.reason.replace('_', ' ')}{numbers}", f"{usage.output_tokens} tokens"]
    if usage.time_to_first_token_ms is not None:
        parts.append(f"first after {usage.time_to_first_token_ms:.0f} ms")
    if usage.tokens_per_s is not None:
        parts.append(f"{usage.tokens_per_s:.0f} tokens/s")
    if outcome.redacted is not None and outcome.redacted.masked:
        parts.append(f"{len(outcome.redacted.masked)} masked")
    line = f"[dim]{escape(' · '.join(parts))}[/dim]"
    if outcome.done.cloud_error is not None:
        line += f"\n[yellow]{escape(outcome.done.cloud_error.problem)}[/yellow]"
    return line


def describe_departure(redacted: Redacted, messages: Sequence[Message] | None = None) -> str:
    """The exact text that left, message by message: all of it, or some of its messages. Rich markup."""
    masks = describe_masks(redacted)
    lines = [f"[bold]Left the device[/bold] for {escape(redacted.address)}, {escape(masks)}:"]
    lines += [
        f"  [dim]{message.role}:[/dim] {escape(visible(message.content))}" for message in messages or redacted.messages
    ]
    return "\n".join(lines)


def describe_masks(redacted: Redacted) -> str:
    """Each placeholder with its type, plain text."""
    return ", ".join(f"{placeholder} ({kind})" for placeholder, kind in redacted.masked.items()) or "nothing to mask"


def visible(text: str) -> str:
    """The text with every character that a terminal would obey or hide written out: ``\\x1b``, ``\\u202e``."""
    return "".join(
        character if character in "\n\t" or not unicodedata.category(character).startswith("C") else _written(character)
        for character in text
    )


def _written(character: str) -> str:
    return character.encode("unicode_escape").decode()
