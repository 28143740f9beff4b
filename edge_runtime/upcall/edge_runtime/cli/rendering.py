"""Shows the events of one question: the answer on standard output, everything about it on standard error."""

from __future__ import annotations

import unicodedata
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape

from upcall.edge_runtime.answer import Answer
from upcall.edge_runtime.cli.explanation import explain
from upcall.edge_runtime.conversation import Message
from upcall.edge_runtime.events import Decided, Event, Redacted


def as_json(answer: Answer) -> dict[str, Any]:
    """All of it as plain values, for ``--json``."""
    decision, usage, redacted = answer.decision, answer.usage, answer.redacted
    error = answer.error or answer.cloud_error
    return {
        "answer": answer.text if answer.done else None,
        "place": decision.place if decision and answer.done else None,
        "reason": decision.reason if decision else None,
        "score": decision.score if decision else None,
        "threshold": decision.threshold if decision else None,
        "given": asdict(answer.given) if answer.given else None,
        "finish_reason": answer.done.finish_reason if answer.done else None,
        "sent": [{"role": m.role, "content": m.content} for m in redacted.messages] if redacted else None,
        "sent_to": redacted.address if redacted else None,
        "masked": dict(redacted.masked) if redacted else None,
        "altered_placeholders": answer.restored.altered_count if answer.restored else None,
        "input_tokens": usage.input_tokens if usage else None,
        "output_tokens": usage.output_tokens if usage else None,
        "time_to_first_token_ms": usage.time_to_first_token_ms if usage else None,
        "total_ms": usage.total_ms if usage else None,
        "tokens_per_s": usage.tokens_per_s if usage else None,
        "lost_ms": usage.lost_ms if usage else None,
        "error": error.problem if error else None,
    }


def follow(events: Generator[Event, None, None], *, out: Console | None, notes: Console | None) -> Answer:
    """Consume the events to their end.

    Args:
        events: of one question; closed on the way out. Ctrl-C stops the engine, wherever it runs, and keeps what came.
        out: where the answer's text goes as it comes; None shows nothing. A draft is shown once it has become the answer.
        notes: where decisions and failures are told; None tells nothing.
    """
    answer = Answer()

    def show(text: str) -> None:
        if out is not None:
            out.print(text, end="", markup=False, highlight=False, soft_wrap=True)

    with closing(events):
        try:
            for event in events:
                if isinstance(event, Decided) and answer.decision is not None and notes is not None:
                    notes.print("\n[yellow]The cloud did not answer; the device does:[/yellow]")
                if text := answer.add(event):
                    show(text)
        except KeyboardInterrupt:
            answer.was_stopped = True
    show("\n")
    return answer


def describe(answer: Answer) -> str:
    """One line: where, why, how fast. Rich markup."""
    decision, usage = answer.decision, answer.usage
    if decision is None or usage is None or answer.done is None:
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
    if answer.redacted is not None and answer.redacted.masked:
        parts.append(f"{len(answer.redacted.masked)} masked")
    if usage.lost_ms:
        parts.append(f"{usage.lost_ms:.0f} ms lost to the call")
    line = f"[dim]{escape(' · '.join(parts))}[/dim]"
    if answer.cloud_error is not None:
        line += f"\n[yellow]{escape(answer.cloud_error.problem)}[/yellow]"
    if answer.restored is not None and answer.restored.altered_count:
        line += (
            f"\n[yellow]{answer.restored.altered_count} placeholders came back altered and stand as they came.[/yellow]"
        )
    return line


def describe_reasons(answer: Answer) -> str:
    """What each input of the decision did, and the exact text that left. Rich markup."""
    lines = []
    if answer.decision is not None and answer.given is not None:
        reason = answer.decision.reason.replace("_", " ")
        lines = [f"[bold]{str(answer.decision.place).capitalize()}[/bold]: {reason}"]
        lines += [f"[dim]{escape(explain(answer.decision, answer.given))}[/dim]"]
    left = "Nothing left the device." if answer.redacted is None else describe_departure(answer.redacted)
    return "\n".join([*lines, left])


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
