"""Shows what would leave before it does, and asks: send it, edit it, or answer here."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.console import Console
from rich.markup import escape

from upcall.edge_runtime.cli.rendering import describe_masks, visible
from upcall.edge_runtime.conversation import Message
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.events import Redacted

_QUESTION = "s: send it   e: edit the last message (e 2: message 2)   k: keep it and answer here > "


class Preview:
    """An ``Approve`` for a terminal. The end of standard input, or Ctrl-C, keeps the question here.

    Args:
        notes: where it is shown.
    """

    def __init__(self, notes: Console) -> None:
        self._notes = notes

    def __call__(self, departure: Redacted) -> Sequence[Message] | None:
        """The messages to send, or None."""
        messages = list(departure.messages)
        self._show(departure)
        while True:
            self._notes.print(_QUESTION, end="", markup=False, highlight=False, soft_wrap=True)
            try:
                answer, _, number = input().strip().lower().partition(" ")
            except (EOFError, KeyboardInterrupt):
                self._notes.print()
                return None
            if answer in ("s", "send"):
                return messages
            if answer in ("k", "keep"):
                return None
            if answer in ("e", "edit") and (number or str(len(messages))) in map(str, range(1, len(messages) + 1)):
                index = int(number or len(messages)) - 1
                edited = self._edited(messages[index])
                if edited is not None:
                    messages[index] = edited
                    # Shown again by whoever asked, if it has to be masked further.
                    self._notes.print(_line(index + 1, edited), highlight=False, soft_wrap=True)

    def _show(self, departure: Redacted) -> None:
        title = f"Would leave the device for {departure.address}, {describe_masks(departure)}:"
        self._notes.print(f"\n[bold]{escape(title)}[/bold]", highlight=False, soft_wrap=True)
        for number, message in enumerate(departure.messages, 1):
            self._notes.print(_line(number, message), highlight=False, soft_wrap=True)

    def _edited(self, message: Message) -> Message | None:
        """The message from the user's editor (VISUAL or EDITOR); None where nothing was changed."""
        try:
            text = click.edit(message.content, extension=".txt", require_save=True)
            if text is None:
                return None
            if text.endswith("\n") and not message.content.endswith("\n"):
                text = text[:-1]  # editors add one
            return Message(message.role, text)
        except click.ClickException as error:
            self._notes.print(f"The editor did not work: {error.format_message()}", style="red", markup=False)
        except InputError as error:
            self._notes.print(str(error), style="red", markup=False)
        return None


def _line(number: int, message: Message) -> str:
    return f"  [dim]{number} {message.role}:[/dim] {escape(visible(message.content))}"
