"""What would leave is shown, edited and kept: with the service, the commands and an editor as they are."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from upcall.cloud_service.engines.scripted import Script, ScriptedEngine
from upcall.cloud_service.testing import BackgroundServer
from upcall.edge_runtime.cli.rendering import visible


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    with BackgroundServer(ScriptedEngine(Script(reply="cloud words"))) as server:
        yield server.target


@pytest.fixture
def editor(tmp_path: Path) -> Path:
    """An editor that puts what stands in the file ``new`` beside it in place of the text, and keeps the old one."""
    path = tmp_path / "editor"
    path.write_text(
        f"#!{sys.executable}\nimport os, pathlib, sys, time\n"
        "here, file = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1])\n"
        "here.joinpath('old').write_text(file.read_text())\n"
        "file.write_text(here.joinpath('new').read_text())\n"
        "os.utime(file, (time.time() + 5,) * 2)\n",
        encoding="utf-8",
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def _run(*arguments: str, stdin: str, editor: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "upcall.edge_runtime.cli", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, "VISUAL": str(editor), "UPCALL_HOME": str(editor.parent)},
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def _ask(tiny_bundle: Path, target: str, *, stdin: str, editor: Path) -> tuple[dict[str, object], str]:
    given = ["ask", "--bundle", str(tiny_bundle), "--cloud", target, "--strategy", "cloud", "--preview", "--json"]
    done = _run(*given, "--max-output-tokens", "2", "Write to ann@example.com", stdin=stdin, editor=editor)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def _last_sent(told: dict[str, object]) -> str:
    sent = told["sent"]
    assert isinstance(sent, list)
    return str(sent[-1]["content"])


@pytest.mark.parametrize("stdin", ["k\n", "", "what\nkeep\n"])
def test_kept(tiny_bundle: Path, target: str, editor: Path, stdin: str) -> None:
    told, notes = _ask(tiny_bundle, target, stdin=stdin, editor=editor)
    assert (told["place"], told["reason"], told["sent"]) == ("device", "declined", None)
    assert f"Would leave the device for {target}" in notes
    assert "2 user: Write to [[EMAIL_1_" in notes and "ann@example.com" not in notes


def test_sent(tiny_bundle: Path, target: str, editor: Path) -> None:
    told, _ = _ask(tiny_bundle, target, stdin="s\n", editor=editor)
    assert (told["place"], told["answer"]) == ("cloud", "cloud words")
    assert _last_sent(told).startswith("Write to [[EMAIL_1_")


def test_edited_and_masked_again(tiny_bundle: Path, target: str, editor: Path) -> None:
    editor.with_name("new").write_text("Write to bob@example.com\n", encoding="utf-8")
    told, notes = _ask(tiny_bundle, target, stdin="e\ns\ns\n", editor=editor)
    assert editor.with_name("old").read_text(encoding="utf-8").startswith("Write to [[EMAIL_1_")
    assert _last_sent(told).startswith("Write to [[EMAIL_2_") and not _last_sent(told).endswith("\n")
    assert notes.count("Would leave") == 2


def test_an_edit_that_is_no_message(tiny_bundle: Path, target: str, editor: Path) -> None:
    editor.with_name("new").write_text("\n", encoding="utf-8")
    told, notes = _ask(tiny_bundle, target, stdin="e 9\ne 2\nk\n", editor=editor)
    assert told["reason"] == "declined" and "message is empty" in notes


def test_an_editor_that_fails(tiny_bundle: Path, target: str, editor: Path) -> None:
    editor.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    told, notes = _ask(tiny_bundle, target, stdin="e\nk\n", editor=editor)
    assert told["reason"] == "declined" and "editor did not work" in notes


def test_chat_goes_on_from_what_was_sent(tiny_bundle: Path, target: str, editor: Path) -> None:
    editor.with_name("new").write_text("Shorter", encoding="utf-8")
    given = ["chat", "--bundle", str(tiny_bundle), "--cloud", target, "--strategy", "cloud", "--preview"]
    stdin = "Long and ann@example.com\ne\ns\nMore\ns\n/why\n/quit\n"
    done = _run(*given, stdin=stdin, editor=editor)
    assert done.returncode == 0, done.stderr
    _, _, second = done.stderr.rpartition("Would leave")
    assert "user: Shorter" in second and "user: More" in second and "assistant: cloud words" in second
    assert "Long and" not in second


def test_a_policy_file_and_words_of_a_chat(tiny_bundle: Path, target: str, editor: Path) -> None:
    policy = editor.with_name("policy.json")
    policy.write_text('{"actions": {"SECRET": "block"}, "deny_terms": ["Heron"]}', encoding="utf-8")
    given = ["chat", "--bundle", str(tiny_bundle), "--cloud", target, "--strategy", "cloud", "--policy", str(policy)]
    stdin = "/private Kite\nHeron and Kite\n/why\n/reset\npassword: hunter22\n/why\n"
    done = _run(*given, "--max-output-tokens", "2", stdin=stdin, editor=editor)
    assert "user: [[CUSTOM_1_" in done.stderr and "device: private" in done.stderr
    assert "Nothing left the device." in done.stderr


def test_what_a_terminal_would_hide_is_shown() -> None:
    assert visible("a\tb\n\x1b[2K\u202e\u200b\x00é😀") == "a\tb\n\\x1b[2K\\u202e\\u200b\\x00é😀"
