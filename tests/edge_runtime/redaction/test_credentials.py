"""Where a credential ends and what is none; the cases by word, place and format are vectors."""

from __future__ import annotations

import pytest

from upcall.edge_runtime.redaction import Detector
from upcall.edge_runtime.redaction.credentials import entropy, token_end


def secrets(text: str) -> list[str]:
    return [text[span.start : span.end] for span in Detector().find(text) if span.entity_type == "SECRET"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sk-abc.TAIL7 rest", "sk-abc.TAIL7"),
        ("sk-abc. Then", "sk-abc"),
        ("sk-abc.html", "sk-abc"),
        ("sk-abc-9f8e_7d6c.", "sk-abc-9f8e_7d6c"),
    ],
)
def test_a_token_goes_on_where_more_of_it_follows(text: str, expected: str) -> None:
    assert text[: token_end(text, len("sk-abc"))] == expected


def test_entropy() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2


@pytest.mark.parametrize("quote", ['"', "'", "`"])
def test_what_is_quoted_is_taken_whole(quote: str) -> None:
    assert secrets(f"password = {quote}two words, and 3 more;{quote}") == ["two words, and 3 more;"]


@pytest.mark.parametrize("line", ["password: required", "password: str", "password = password", "token: string"])
def test_words_of_documentation_are_no_credentials(line: str) -> None:
    assert secrets(line) == []
