"""The commands as a user types them, each in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UPCALL = [sys.executable, "-m", "upcall.edge_runtime.cli"]


def upcall(*arguments: str, stdin: bytes = b"", home: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*UPCALL, *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, "UPCALL_HOME": str(home)},
        check=False,
    )
    text = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in text.stderr
    return text


@pytest.fixture
def ask(tiny_bundle: Path) -> list[str]:
    return ["ask", "--bundle", str(tiny_bundle), "--max-output-tokens", "4"]


def test_ask_answers(ask: list[str], tmp_path: Path) -> None:
    done = upcall(*ask, "Hi", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "device: no cloud" in done.stderr
    assert "4 tokens" in done.stderr
    assert not list(tmp_path.iterdir())


def test_ask_reads_a_pipe_and_prints_json(ask: list[str], tmp_path: Path) -> None:
    done = upcall(*ask, "--json", stdin="Grüße 😀".encode(), home=tmp_path)
    told = json.loads(done.stdout)
    assert (told["place"], told["reason"], told["sent"], told["output_tokens"]) == ("device", "no_cloud", None, 4)
    assert done.stderr == ""


def test_ask_falls_back_when_nothing_listens(ask: list[str], tmp_path: Path) -> None:
    done = upcall(
        *ask, "--cloud", "127.0.0.1:9", "--strategy", "cloud", "--json", "Write to a@example.com", home=tmp_path
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["place"], told["reason"]) == ("device", "cloud_failed")
    assert told["error"]
    assert "a@example.com" not in json.dumps(told["sent"])


def test_ask_says_once_that_names_are_not_found(ask: list[str], tmp_path: Path) -> None:
    call = [*ask, "--cloud", "127.0.0.1:9", "Hi"]
    assert upcall(*call, home=tmp_path).stderr.count("upcall pull rampart") == 1
    assert "upcall pull rampart" not in upcall(*call, "--no-ner", home=tmp_path).stderr
    assert "upcall pull rampart" not in upcall(*ask, "Hi", home=tmp_path).stderr  # nothing leaves without a cloud


def test_ask_refuses_a_damaged_name_model(ask: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "models/rampart"
    folder.mkdir(parents=True)
    (folder / "model_q4.onnx").write_bytes(b"damaged")
    done = upcall(*ask, "--cloud", "127.0.0.1:9", "Hi", home=tmp_path)
    assert done.returncode == 8 and done.stdout == ""
    assert "other bytes" in done.stderr and "Next: upcall pull rampart" in done.stderr
    assert upcall(*ask, "--cloud", "127.0.0.1:9", "--no-ner", "Hi", home=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("stdin", "expected"),
    [
        (b"", "message is empty"),
        (b" \n", "message is empty"),
        (b"x" * 100_000, "100,000 characters"),
        (b"caf\xe9", "not UTF-8 at byte 3"),
    ],
)
def test_ask_refuses_bad_prompts(ask: list[str], stdin: bytes, expected: str, tmp_path: Path) -> None:
    done = upcall(*ask, stdin=stdin, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert "Next:" in done.stderr


def test_a_broken_argument(ask: list[str], tmp_path: Path) -> None:
    done = subprocess.run([*UPCALL, *ask, b"caf\xe9"], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"not valid Unicode at character 3" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--cloud", "nonsense", "Hi"], "HOST:PORT"),
        (["--cloud", "example.org:443", "Hi"], "TLS"),
        (["--block", "SHOE_SIZE", "Hi"], "SHOE_SIZE"),
        (["--private", " ", "Hi"], "deny list"),
        (["--temperature", "9", "Hi"], "temperature"),
        (["--strategy", "guess", "Hi"], "guess"),
    ],
)
def test_ask_refuses_bad_options(ask: list[str], arguments: list[str], expected: str, tmp_path: Path) -> None:
    done = upcall(*ask, *arguments, home=tmp_path)
    assert done.returncode == 2, done.stderr
    assert expected in done.stderr


def test_ask_without_a_bundle_says_how_to_get_one(tmp_path: Path) -> None:
    done = upcall("ask", "Hi", home=tmp_path)
    assert done.returncode == 5
    assert "upcall export" in done.stderr


def test_ask_refuses_a_damaged_bundle(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, bundle)
    whole = (bundle / "model.onnx").read_bytes()
    (bundle / "model.onnx").write_bytes(whole[:-1])
    done = upcall("ask", "--bundle", str(bundle), "Hi", home=tmp_path)
    assert done.returncode == 5
    assert "model.onnx has" in done.stderr


def test_chat(tiny_bundle: Path, tmp_path: Path) -> None:
    lines = "\n".join(
        ["/help", "/why", "Hi", "/private Heron", "caf\udce9", "/nonsense", "/reset", "Hi again", "/quit"]
    )
    done = upcall(
        *["chat", "--bundle", str(tiny_bundle), "--max-output-tokens", "4"],
        stdin=lines.encode(errors="surrogateescape"),
        home=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("device: no cloud") == 2
    for expected in ("/private TERM", "Nothing has been asked yet", "not valid Unicode", "no command /nonsense"):
        assert expected in done.stderr


def test_chat_ends_with_its_input(tiny_bundle: Path, tmp_path: Path) -> None:
    assert upcall("chat", "--bundle", str(tiny_bundle), home=tmp_path).returncode == 0


@pytest.mark.parametrize("command", ["ask", "chat", "pull", "export", "inspect", "verify", "cloud", "demo"])
def test_help_has_an_example(command: str, tmp_path: Path) -> None:
    done = upcall(command, "--help", home=tmp_path)
    assert done.returncode == 0
    assert "Example" in done.stdout
    assert f"upcall {command}" in done.stdout


def test_main_help_lists_every_command(tmp_path: Path) -> None:
    done = upcall("--help", home=tmp_path)
    commands = ("ask", "chat", "pull", "export", "inspect", "verify", "cloud", "demo")
    assert all(command in done.stdout for command in commands)


def test_an_unknown_command(tmp_path: Path) -> None:
    done = upcall("aks", home=tmp_path)
    assert done.returncode == 2
    assert "aks" in done.stderr
