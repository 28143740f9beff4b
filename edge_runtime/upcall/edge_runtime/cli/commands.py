"""One form for every command: its Typer app, its help, and groups that import a command only when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import typer


def command_app(**settings: Any) -> typer.Typer:
    """Make the Typer app of one command, or of a group with ``name`` and ``help``."""
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, **settings)


def help_with_examples(text: str, *examples: str) -> str:
    """Join a command's description with its examples.

    Args:
        text: paragraphs, with an empty line between; wrapped to the terminal's width.
        examples: shell lines, shown as they are; a ``#`` begins a comment.
    """
    # Click shows a paragraph that begins with \\b without wrapping it.
    return "\n".join([f"{text}\n", "\b", "Examples:", *(f"  {line}" for line in examples)])


def register(group: typer.Typer, commands: Mapping[str, tuple[str, str]], *, called: str) -> None:
    """Add commands to a group without importing them, so that its help comes at once.

    Args:
        group: the app of the group.
        commands: name → module with a Typer app named ``app``, and the line that the group's help shows.
        called: the words that call the group, such as ``upcall route``.
    """
    # The command's own options, `--help` included, are read by its own app.
    settings = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

    def add(name: str, module: str, text: str) -> None:
        def run(context: typer.Context) -> None:
            importlib.import_module(module).app(args=context.args, prog_name=f"{called} {name}", standalone_mode=True)

        group.command(name, help=text, context_settings=settings, add_help_option=False)(run)

    for name, (module, text) in commands.items():
        add(name, module, text)
