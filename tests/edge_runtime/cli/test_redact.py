"""``upcall redact`` and ``upcall restore`` as a user types them, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from upcall.edge_runtime.home import upcall_home
from upcall.edge_runtime.redaction.placeholders import find_placeholders

TEXT = "Grüße 😀 an ann.lee@example.com,\r\nKarte 4111 1111 1111 1111 — password: hunter22"


def upcall(*arguments: str, stdin: bytes = b"", home: Path) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "upcall.edge_runtime.cli", *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, "UPCALL_HOME": str(home)},
        check=False,
    )
    assert b"Traceback" not in done.stderr
    return done


def _lines(*given: Any) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in given)


def test_there_and_back(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT.encode())
    vault = str(tmp_path / "v")
    done = upcall("redact", "--vault", vault, str(tmp_path / "a.txt"), home=tmp_path)
    assert done.returncode == 0, done.stderr
    masked = done.stdout.decode()
    assert [masked[start:end].split("_1_")[0] for start, end, _ in find_placeholders(masked)] == [
        "[[EMAIL",
        "[[CREDIT_CARD",
        "[[SECRET",
    ]
    assert masked.startswith("Grüße 😀 an [[") and "\r\n" in masked
    assert b"1 CREDIT_CARD, 1 EMAIL, 1 SECRET" in done.stderr
    assert upcall("restore", "--vault", vault, stdin=done.stdout, home=tmp_path).stdout == TEXT.encode()
    again = upcall("redact", "--vault", vault, stdin=b"hunter22 and ann.lee@example.com", home=tmp_path)
    assert upcall("restore", "--vault", vault, stdin=again.stdout, home=tmp_path).stdout.startswith(b"hunter22 and")
    assert b"hunter22" not in again.stdout


def test_without_a_vault_nothing_is_written(tmp_path: Path) -> None:
    assert upcall("redact", stdin=TEXT.encode(), home=tmp_path).returncode == 0
    assert not list(tmp_path.iterdir())


def test_a_corpus(tmp_path: Path) -> None:
    vault = str(tmp_path / "v")
    given: list[dict[str, Any]] = [
        {"id": 1, "text": "a@example.com"},
        {"id": "two", "text": "😀 b@example.com, a@example.com", "gold": ["b@example.com"]},
        {"id": None, "text": ""},
        {"id": 4, "text": "\ud800 a@example.com"},
    ]
    done = upcall("redact", "--jsonl", "--no-ner", "--vault", vault, stdin=_lines(*given), home=tmp_path)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["id"] for line in told] == [1, "two", None, 4]
    assert [set(line) for line in told] == [{"id", "masked", "spans", "blocked"}] * 4
    assert told[1]["spans"] == [
        {"start": 2, "end": 15, "type": "EMAIL", "score": 1.0, "detector": told[0]["spans"][0]["detector"]},
        {"start": 17, "end": 30, "type": "EMAIL", "score": 1.0, "detector": told[0]["spans"][0]["detector"]},
    ]
    assert told[1]["masked"].endswith(told[0]["masked"]), "one value, one placeholder, in all lines"
    assert told[3]["masked"].startswith("\ud800 [[")
    back = upcall("restore", "--json", "--vault", vault, stdin=done.stdout, home=tmp_path)
    assert [json.loads(line)["masked"] for line in back.stdout.splitlines()] == [line["text"] for line in given]


def test_broken_lines_cost_nothing_of_the_others(tmp_path: Path) -> None:
    good = _lines({"id": 1, "text": "a@example.com"}, {"id": 2, "text": "ok"})
    bad = (
        b'not json, secret hunter22\n{"id": 3}\n{"text": "x"}\n{"id": 4, "text": 5}\n[1]\n{"id": 1, "text": "\xff"}\n\n'
    )
    done = upcall("redact", "--jsonl", stdin=bad + good, home=tmp_path)
    assert done.returncode == 2
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [1, 2]
    told = done.stderr.decode()
    assert all(f"Line {number}:" in told for number in range(1, 7)) and "Line 7" not in told
    assert "6 lines were left out" in told and "hunter22" not in told


def test_a_policy(tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text('{"actions": {"EMAIL": "allow", "SECRET": "block"}, "deny_terms": ["Heron"]}', encoding="utf-8")
    done = upcall("redact", "--policy", str(policy), stdin=b"ann@example.com on Heron", home=tmp_path)
    assert done.stdout.startswith(b"ann@example.com on [[CUSTOM_1_")
    done = upcall("redact", "--policy", str(policy), stdin=TEXT.encode(), home=tmp_path)
    assert (done.returncode, done.stdout) == (8, b"")
    assert b"SECRET" in done.stderr and b"hunter22" not in done.stderr
    line = _lines({"id": 1, "text": "password: hunter22"})
    told = json.loads(upcall("redact", "--jsonl", "--policy", str(policy), stdin=line, home=tmp_path).stdout)
    assert (told["masked"], told["blocked"], told["spans"][0]["start"]) == ("", True, 10)


def test_json(tmp_path: Path) -> None:
    vault = str(tmp_path / "v")
    given = {"to": "ann@example.com", "card": 4111111111111111, "note": 'say "hi" to Heron'}
    text = json.dumps(given).encode()
    done = upcall("redact", "--json", "--private", "Heron", "--vault", vault, stdin=text, home=tmp_path)
    assert not {"ann@example.com", 4111111111111111} & {*json.loads(done.stdout).values()}
    assert json.loads(upcall("restore", "--json", "--vault", vault, stdin=done.stdout, home=tmp_path).stdout) == given


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "expected"),
    [
        (["redact", "/nowhere/at/all"], b"", 2, "No such file"),
        (["redact"], b"caf\xe9", 2, "UTF-8 at byte 3"),
        (["redact"], "hunter22".encode("utf-16-le"), 2, "UTF-16"),
        (["redact", "--json"], b"{", 2, "not JSON at line 1"),
        (["redact", "--json", "--jsonl"], b"", 2, "one of them"),
        (["redact", "--policy", "/nowhere"], b"", 2, "policy"),
        (["redact", "--block", "SHOE"], b"", 2, "SHOE"),
        (["redact", "--private", " "], b"", 2, "deny list"),
        (["restore", "--vault", "/nowhere"], b"", 2, "no vault"),
    ],
)
def test_errors(tmp_path: Path, arguments: list[str], stdin: bytes, code: int, expected: str) -> None:
    done = upcall(*arguments, stdin=stdin, home=tmp_path)
    assert (done.returncode, done.stdout) == (code, b"")
    assert expected in done.stderr.decode()


def test_restore_refuses_what_is_no_text(tmp_path: Path) -> None:
    vault = str(tmp_path / "v")
    upcall("redact", "--vault", vault, stdin=b"x", home=tmp_path)
    for stdin in (b"ab\xff", b"ab\xe2\x82"):
        done = upcall("restore", "--vault", vault, stdin=stdin, home=tmp_path)
        assert done.returncode == 2 and b"not UTF-8" in done.stderr


def test_without_the_model_names_are_said_not_to_be_found(tmp_path: Path) -> None:
    assert b"upcall pull rampart" in upcall("redact", stdin=b"Hi", home=tmp_path).stderr
    assert upcall("redact", "--no-ner", stdin=b"Hi", home=tmp_path).stderr == b"masked: nothing\n"


@pytest.mark.weights
def test_names() -> None:
    text = b"Dear Anna Schmidt, please call ann@example.com."
    done = upcall("redact", stdin=text, home=upcall_home())
    assert done.stdout.startswith(b"Dear [[PERSON_1_") and b"1 EMAIL, 1 PERSON" in done.stderr
    assert upcall("redact", "--no-ner", stdin=text, home=upcall_home()).stdout.startswith(b"Dear Anna Schmidt, ")
    line = _lines({"id": 1, "text": text.decode()})
    (name, mail) = json.loads(upcall("redact", "--jsonl", stdin=line, home=upcall_home()).stdout)["spans"]
    assert (name["start"], name["end"], name["type"], mail["score"]) == (5, 17, "PERSON", 1.0)
    assert 0 < name["score"] <= 1


def test_letters_that_nobody_reads_stay_where_the_policy_says_so(tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text('{"unread_script": "block"}', encoding="utf-8")
    done = upcall("redact", "--policy", str(policy), stdin="Врач: Иванова".encode(), home=tmp_path)
    assert (done.returncode, done.stdout) == (8, b"")
    assert b"11 letters" in done.stderr and "Иванова".encode() not in done.stderr
    assert upcall("redact", "--policy", str(policy), stdin=b"Doctor", home=tmp_path).stdout == b"Doctor"
    policy.write_text('{"unread_script": "mask"}', encoding="utf-8")
    done = upcall("redact", "--policy", str(policy), stdin=b"Doctor", home=tmp_path)
    assert done.returncode == 2 and b"allow, block" in done.stderr
