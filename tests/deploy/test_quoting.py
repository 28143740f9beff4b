"""Whatever a question or a file name holds reaches a program on the phone as it is; the phone's shell is a real one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.deploy.fake_phone import FakePhone
from upcall.deploy.adb import Phone
from upcall.deploy.quoting import MAX_LINE_BYTES, shell_line
from upcall.edge_runtime.errors import InputError

HOSTILE = [
    "$(touch pwned) `touch pwned` ${HOME} $HOME",
    "it's \"quoted\" 'twice' \\ \\\\ \\n",
    "; touch pwned & touch pwned | touch pwned || touch pwned && touch pwned > pwned < pwned",
    "line\nline\r\n\ttab\n\n",
    "* ? [a-z] {a,b} ~ ~root ! !! # % ^ ( )",
    "-n --es -- -rf",
    "''", "'", "\"", "\\", " ", "\n", "$", "$'", "'$(touch pwned)'", "$'\\x41'",
    "Grüße 😀 👩‍👩‍👧 مرحبا 你好 \u202e \u200b \x07\x1b[31m \x7f \U0010ffff",
]  # fmt: skip
SHELLS = [
    pytest.param(
        name, marks=pytest.mark.skipif(not shutil.which(name) and not os.environ.get("CI"), reason="not installed")
    )
    for name in ("sh", "bash", "mksh")
]


def test_a_real_shell_reads_the_words(phone: Phone, fake: FakePhone) -> None:
    for text in HOSTILE:
        done = phone.call("printf", "%s|", text, "end", what="print")
        assert done.out.decode() == f"{text}|end|"
    assert not list(fake.root.rglob("pwned"))


def test_two_shells_one_inside_the_other(phone: Phone, fake: FakePhone) -> None:
    script = 'for word do printf "%s|" "$word"; done'
    done = phone.call("run-as", "dev.upcall.app", "sh", "-c", script, "sh", *HOSTILE, what="print")
    assert done.out.decode() == "".join(f"{text}|" for text in HOSTILE)
    assert not list(fake.root.rglob("pwned"))


@pytest.mark.parametrize("shell", SHELLS)
@given(
    words=st.lists(
        st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")), min_size=1, max_size=4
    )
)
def test_any_text_in_any_shell(shell: str, words: list[str]) -> None:
    done = subprocess.run([shell, "-c", shell_line("printf", "%s\\0", *words)], capture_output=True, check=True)
    assert done.stdout.decode() == "".join(f"{word}\0" for word in words)


@pytest.mark.parametrize(
    ("text", "problem"), [("a\0b", "NUL"), ("\ud800", "surrogate"), ("'" * MAX_LINE_BYTES, "takes")]
)
def test_what_no_command_can_hold(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        shell_line("echo", text)


def test_files_of_any_name(phone: Phone, fake: FakePhone, tmp_path: Path) -> None:
    for number, text in enumerate(HOSTILE):
        name = text.replace("/", "_")
        phone.send(f"{number}".encode(), f"/data/local/tmp/{name}")
        assert (fake.root / "data/local/tmp" / name).read_text() == f"{number}"
        assert phone.call("cat", f"/data/local/tmp/{name}", what="read").out == f"{number}".encode()
