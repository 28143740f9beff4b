"""Every command line that help, README and docs show is one that Upcall takes."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from upcall.cloud_service.server import ServerOptions
from upcall.edge_runtime.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_ENDS = {"|", "||", "&&", ";", "&", ">", "<", ">>", "2>"}


def _commands(words: str, commands: dict[str, tuple[str, str]]) -> Iterator[tuple[str, Any]]:
    """Each command by the words that call it, groups and their commands alike."""
    for name, (place, _) in commands.items():
        module = importlib.import_module(place)
        command = typer.main.get_command(module.app)
        yield f"{words} {name}", command
        if hasattr(module, "COMMANDS"):
            yield from _commands(f"{words} {name}", module.COMMANDS)
        elif isinstance(command, TyperGroup):
            yield from ((f"{words} {name} {own}", each) for own, each in command.commands.items())


ALL = dict(_commands("upcall", COMMANDS))


def _calls(line: str) -> Iterator[list[str]]:
    """The arguments of each ``upcall`` in a shell line, in pipes, lists and substitutions too."""
    for inner in re.findall(r"\$\(([^()]*)\)", line):
        yield from _calls(inner)
    words = _split(line)
    while words:
        end = next((place for place, word in enumerate(words) if word in _ENDS), len(words))
        call, words = words[:end], words[end + 1 :]
        while call and re.match(r"[A-Z_]+=|export$", call[0]):
            call = call[1:]
        if call and Path(call[0]).name == "upcall":
            yield call[1:]


def _split(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    return list(lexer)


def _check(arguments: list[str]) -> None:
    words = "upcall"
    while arguments and f"{words} {arguments[0]}" in ALL:
        words, arguments = f"{words} {arguments[0]}", arguments[1:]
    if words == "upcall":
        assert arguments in (["--help"], ["--version"]), f"upcall {arguments[:1]} is no command"
        return
    if "--help" in arguments:
        return
    ALL[words].make_context(words, list(arguments))


def _blocks(page: Path) -> Iterator[str]:
    """Shell lines of a page's code blocks, those that go on after a backslash joined."""
    for block in re.findall(
        r"^```(?:sh|bash|shell|console)?\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S
    ):
        for line in block.replace("\\\n", " ").splitlines():
            if re.match(r"\s*(?:\$ )?(?:export )?(?:[A-Z_]+=\S+ )*(?:\S*/)?(?:upcall|echo|cat) ", line):
                yield line.strip().removeprefix("$ ")


def _shown(command: Any, words: str) -> list[str]:
    help_text = command.get_help(typer.Context(command, info_name=words, max_content_width=80, terminal_width=80))
    _, heading, examples = help_text.partition("Examples:\n")
    assert heading, f"{words} --help shows no examples"
    lines = [line.strip() for line in examples.split("\n\n")[0].replace("\\\n", " ").splitlines()]
    return [line for line in lines if line]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_show_command_lines_that_work(page: Path) -> None:
    for line in _blocks(page):
        for call in _calls(line):
            _check(call)


@pytest.mark.parametrize("words", ALL)
def test_help_shows_examples_that_work(words: str) -> None:
    lines = _shown(ALL[words], words)
    calls = [call for line in lines for call in _calls(line)]
    assert len(calls) >= len(lines), f"a line of the examples of {words} calls no upcall"
    for call in calls:
        _check(call)
    assert any(f"upcall {' '.join(call)}".startswith(words) for call in calls), f"no example calls {words}"


@pytest.mark.parametrize("words", ALL)
def test_help_names_the_port_that_is_served(words: str) -> None:
    text = " ".join(_shown(ALL[words], words))
    served = {int(port) for port in re.findall(r"--port (\d+)", text)} | {ServerOptions().port}
    asked = {int(port) for port in re.findall(r"(?:localhost|127\.0\.0\.1):(\d+)", text)}
    assert asked <= served
