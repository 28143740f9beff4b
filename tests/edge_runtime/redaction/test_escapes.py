from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.redaction.escapes import escape, unescape


@given(st.text())
def test_reads_what_json_writes(text: str) -> None:
    assert unescape(json.dumps(text)[1:-1])[0] == text
    assert json.loads(f'"{escape(text)}"') == text


def test_a_lone_surrogate_is_written_as_an_escape() -> None:
    assert escape('ü\ud800"') == '\\u00fc\\ud800\\"'
    assert escape('ü"') == 'ü\\"'


@pytest.mark.parametrize(
    ("text", "plain", "offsets"),
    [
        ("a\\u0040b", "a@b", [0, 1, 7, 8]),
        ("\\ud83d\\ude00.", "😀.", [0, 12, 13]),
        ("\\n\\\\n", "\n\\n", [0, 2, 4, 5]),
        ("C:\\users\\x", "C:\\users\\x", list(range(11))),
        ("\\", "\\", [0, 1]),
        ("\\u00", "\\u00", [0, 1, 2, 3, 4]),
    ],
)
def test_offsets(text: str, plain: str, offsets: list[int]) -> None:
    assert unescape(text) == (plain, offsets)
