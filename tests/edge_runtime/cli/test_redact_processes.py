"""``upcall redact`` and ``restore`` as processes: pipelines, signals, closed and full outputs, inputs of another form."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pytest

UPCALL = [sys.executable, "-m", "upcall.edge_runtime.cli"]
LETTER = "Dear ann.lee@example.com, call 212-555-0143.\n"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPCALL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "letter.txt").write_text(LETTER)


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*UPCALL, *arguments], capture_output=True, check=False, **options)


def shell(line: str) -> subprocess.CompletedProcess[bytes]:
    line = line.replace("upcall", f"{sys.executable} -m upcall.edge_runtime.cli")
    return subprocess.run(["/bin/bash", "-c", line], capture_output=True, check=False)


def restored(masked: str) -> str:
    done = run("restore", "--vault", "v", input=masked.encode())
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def test_the_pipeline_of_the_help_works_with_a_new_vault_and_an_older_one() -> None:
    for text in (LETTER, "Now bob@example.com too.\n"):
        Path("letter.txt").write_text(text)
        done = shell("upcall redact --no-ner --vault v letter.txt | cat | upcall restore --vault v")
        assert done.stdout.decode() == text


def test_a_restorer_that_is_asked_too_early_reads_the_vault_again() -> None:
    assert run("redact", "--no-ner", "--vault", "v", "letter.txt").returncode == 0
    program = "(echo Thinking; sleep 0.3; upcall redact --no-ner --vault v -) | upcall restore --vault v"
    done = shell(f"echo carl@example.com | {program}")
    assert done.stdout.decode() == "Thinking\ncarl@example.com\n"


def send_addresses(stream: IO[bytes]) -> None:
    """Lines without end, until nobody reads them."""
    with suppress(BrokenPipeError), stream:
        for number in itertools.count():
            stream.write(json.dumps({"id": number, "text": f"ask u{number}@example.com"}).encode() + b"\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_every_line_that_was_printed_can_be_restored_whatever_ended_the_run(number: signal.Signals) -> None:
    """Lines of the corpus come for as long as the program lives."""
    process = subprocess.Popen(
        [*UPCALL, "redact", "--no-ner", "--jsonl", "--vault", "v"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    # A thread of its own: two ends that both write and do not read would wait for each other.
    feeder = threading.Thread(target=send_addresses, args=(process.stdin,))
    feeder.start()
    printed = b"".join(process.stdout.readline() for _ in range(600))
    process.send_signal(number)
    printed += process.stdout.read()
    assert process.wait(timeout=60) in (-number, 128 + number)
    process.stdout.close()
    feeder.join()
    lines = [json.loads(line) for line in printed.decode().splitlines(keepends=True) if line.endswith("\n")]
    texts = restored("\n".join(line["masked"] for line in lines)).split("\n")
    assert texts == [f"ask u{line['id']}@example.com" for line in lines]


def test_a_link_and_its_target_are_one_vault() -> None:
    Path("s2").symlink_to("s1")
    masks = [
        run("redact", "--no-ner", "--vault", vault, input=text).stdout
        for vault, text in (("s2", b"bo@example.com"), ("s1", b"cy@example.com"), ("s2", b"di@example.com"))
    ]
    assert len(set(masks)) == 3
    assert Path("s2").is_symlink()


def test_a_vault_of_two_names_is_refused() -> None:
    run("redact", "--no-ner", "--vault", "v", "letter.txt")
    os.link("v", "w")
    done = run("redact", "--no-ner", "--vault", "w", "letter.txt")
    assert done.returncode == 2
    assert b"hard links" in done.stderr


def test_altered_placeholders_are_restored_or_told() -> None:
    masked = run("redact", "--no-ner", "--vault", "v", "letter.txt").stdout.decode()
    found = re.search(r"\[\[EMAIL_1_(..)]]", masked)
    assert found is not None
    nonce = found[1]
    done = run("restore", "--vault", "v", input=rf"\[\[EMAIL\_1\_{nonce}\]\] [[EMAIL_1_{chr(10)}{nonce}]]".encode())
    assert done.stdout == b"ann.lee@example.com ann.lee@example.com"
    assert not done.stderr
    done = run(
        "restore", "--vault", "v", input=f"email_1_{nonce}, [[EMAIL_9_{nonce}]], %5B%5BEMAIL_1_{nonce}%5D%5D".encode()
    )
    assert b"3 placeholders" in done.stderr


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("upcall redact --no-ner <&-", 2, "Standard input is closed"),
        ("upcall redact --no-ner letter.txt >&-", 9, "Standard output is closed"),
        ("upcall redact --no-ner letter.txt >/dev/full", 9, "No space left"),
        ("upcall pull --list >/dev/full", 9, "No space left"),
        ("upcall redact --no-ner --vault '' letter.txt", 2, "is a folder"),
        ("upcall redact --no-ner --vault /proc/1/nothing/v letter.txt", 2, "cannot be used"),
        ("UPCALL_HOME=letter.txt upcall redact --no-ner --vault q letter.txt", 2, "cannot be made"),
        ("upcall redact --no-ner .", 2, "cannot be read"),
        ("head -c 40000 /dev/zero | upcall redact --no-ner", 2, "UTF-16"),
        ("printf '\\xff\\xfe' | upcall redact --no-ner", 2, "not UTF-8"),
        ("upcall restore --vault nothing letter.txt", 2, "There is no vault"),
        ("PYTHONIOENCODING=ascii upcall redact --no-ner letter.txt", 0, "masked"),
    ],
)
def test_what_cannot_be_read_or_written_is_told(line: str, code: int, said: str) -> None:
    done = shell(line)
    assert (done.returncode, said in done.stderr.decode()) == (code, True), done.stderr.decode()
    assert b"nexpected" not in done.stderr


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (b'{"actions":{"SECRET":"block","SECRET":"allow"}}', "stands twice"),
        (b'{"deny_terms":[], "deny_terms":["x"]}', "stands twice"),
        (b'{"deny_terms":[' + b"9" * 5000 + b"]}", "too long"),
        (b'{"deny_terms":' + b"[" * 100_000, "nested too deeply"),
        (b'{"actions":{"SECRET":5}}', "Allowed"),
        (b'{"actions":[]}', "not an object"),
        (b"\xff", "not UTF-8"),
        (b"[1]", "not a JSON object"),
        (b"", "not JSON"),
    ],
)
def test_a_policy_that_is_none_is_told(policy: bytes, said: str) -> None:
    Path("p.json").write_bytes(policy)
    done = run("redact", "--no-ner", "--policy", "p.json", "letter.txt")
    assert (done.returncode, said in done.stderr.decode()) == (2, True), done.stderr.decode()


def test_a_mark_of_byte_order_is_read_over() -> None:
    bom = b"\xef\xbb\xbf"
    Path("p.json").write_bytes(bom + b'{"actions":{}}')
    assert run("redact", "--no-ner", "--policy", "p.json", "letter.txt").returncode == 0
    assert run("redact", "--no-ner", "--json", input=bom + b'{"a":"ann.lee@example.com"}').returncode == 0
    done = run("redact", "--no-ner", "--jsonl", input=bom + b'{"id":1,"text":"hi"}\n')
    assert (done.returncode, json.loads(done.stdout)["id"]) == (0, 1)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "-1e999", "9" * 5000])
def test_an_id_that_is_no_number_of_json_leaves_its_line_out(number: str) -> None:
    done = run(
        "redact", "--no-ner", "--jsonl", input=f'{{"id":{number},"text":"hi"}}\n{{"id":2,"text":"ok"}}\n'.encode()
    )
    assert done.returncode == 2
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [2]


def test_exit_code_of_a_corpus() -> None:
    lines = b'{"id":1,"text":"ann.lee@example.com"}\n{"id":2,"text":"ok"}\n'
    assert run("redact", "--no-ner", "--jsonl", input=lines).returncode == 0
    assert run("redact", "--no-ner", "--jsonl", "--block", "EMAIL", input=lines).returncode == 8
    assert run("redact", "--no-ner", "--jsonl", "--block", "EMAIL", input=lines + b"no\n").returncode == 2


def test_an_empty_key_without_a_vault_is_made_again() -> None:
    home = Path("home")
    home.mkdir()
    (home / "vault.key").touch(mode=0o600)
    assert run("redact", "--no-ner", "--vault", "v", "letter.txt").returncode == 0
    (home / "vault.key").write_bytes(b"")
    done = run("redact", "--no-ner", "--vault", "v", "letter.txt")
    assert done.returncode == 2
    assert b"Next:" in done.stderr
