from __future__ import annotations

import pytest

from upcall.edge_runtime.redaction.names.rules import load_name_rules
from upcall.edge_runtime.redaction.names.scripts import cued, unread_letters


@pytest.mark.parametrize(
    ("text", "expected"), [("", 0), ("plain", 0), ("Zoé", 0), ("Да", 2), ("ok 你好!", 2), ("١٢", 0)]
)
def test_unread_letters(text: str, expected: int) -> None:
    assert unread_letters(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Меня зовут Ирина Лебедева, привет", ["Ирина Лебедева"]),
        ("cat /home/jmeyer/.profile", ["jmeyer"]),
        ("cat /home/ubuntu/.profile", []),
        ("cd /home/$USER", []),
        ("see https://example.com/home/jmeyer", []),
        ("import src/Users/UserController", []),
        ("Peter Pan American", []),
    ],
)
def test_cued(text: str, expected: list[str]) -> None:
    assert [text[span.start : span.end] for span in cued(text, load_name_rules())] == expected
