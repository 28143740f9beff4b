from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.redaction import EntityType, JsonStreamRestorer, StreamRestorer, Vault, restore
from upcall.edge_runtime.redaction.placeholders import LONGEST_PLACEHOLDER

PIECES = [
    *(
        "[[EMAIL_1_k7]]",
        "[[ email_1_K7 ]]",
        "[[CREDIT_CARD_1_k7]]",
        "[[EMAIL_2_k7]]",
        "[[EMAIL_1_zz]]",
        "EMAIL_1_k7",
        "CREDIT_CARD_1_k7",
        "[",
        "[[",
        "]]",
    ),
    *("EMAIL", "_", "1", "k7", " ", "[[EMAIL", "_1_k7]]", "x", "😀", "\ud800", "\x00"),
]
answers = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=15).map("".join)


JSON_PIECES = [*PIECES, '"', '"[[CREDIT_CARD_2_k7]]"', "[[CREDIT_CARD_2_k7]]", "\\", '\\"', "{", "}", ":", ","]
json_answers = st.lists(st.one_of(st.sampled_from(JSON_PIECES), st.text(max_size=3)), max_size=15).map("".join)


def _vault() -> Vault:
    vault = Vault(nonce="k7")
    vault.placeholder(EntityType.EMAIL, "alice@example.com")
    vault.placeholder(EntityType.CREDIT_CARD, "[[4111 1111]] 😀")
    vault.placeholder(EntityType.CREDIT_CARD, "4111111111111111", is_number=True)
    vault.placeholder(EntityType.SECRET, 'a"b\\c\n\ud800')
    return vault


@given(answers, st.lists(st.integers(0, 200), max_size=20))
def test_joined_chunks_equal_the_whole(text: str, cuts: list[int]) -> None:
    vault = _vault()
    borders = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    restorer = StreamRestorer(vault)
    chunks = [text[start:end] for start, end in pairwise(borders)]
    joined = "".join([*map(restorer.feed, chunks), restorer.flush()])
    assert (joined, restorer.restored_count) == vault.restore_counted(text)


@given(answers)
def test_one_character_at_a_time_never_holds_more_than_a_placeholder(text: str) -> None:
    restorer = StreamRestorer(Vault(nonce="k7"))
    given_out = 0
    for position, character in enumerate(text, 1):
        given_out += len(restorer.feed(character))
        assert position - given_out < LONGEST_PLACEHOLDER
    assert given_out + len(restorer.flush()) == len(text)


def test_plain_text_passes_at_once() -> None:
    restorer = StreamRestorer(_vault())
    assert restorer.feed("a [link](x) and a[0]") == "a [link](x) and a[0]"
    assert restorer.feed("[[EMAIL_1") == ""
    assert repr(restorer) == "StreamRestorer(9 characters held)"
    assert restorer.feed("_k7]]!") == "alice@example.com!"
    assert restorer.flush() == ""


def test_can_be_used_again_after_the_end() -> None:
    restorer = StreamRestorer(_vault())
    assert restorer.feed("[[EM") == ""
    assert restorer.flush() == "[[EM"
    assert restorer.feed("AIL_1_k7]]") == "AIL_1_k7]]"


@given(json_answers, st.lists(st.integers(0, 200), max_size=20))
def test_joined_chunks_of_json_equal_the_whole(text: str, cuts: list[int]) -> None:
    vault = _vault()
    borders = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    restorer = JsonStreamRestorer(vault)
    joined = "".join([*(restorer.feed(text[start:end]) for start, end in pairwise(borders)), restorer.flush()])
    assert joined == restore(text, vault, is_json=True)
    assert restorer.restored_count == vault.restore_counted(text)[1]


@given(json_answers)
def test_json_one_character_at_a_time_never_holds_more_than_a_placeholder_in_quotes(text: str) -> None:
    restorer = JsonStreamRestorer(Vault(nonce="k7"))
    given_out = 0
    for position, character in enumerate(text, 1):
        given_out += len(restorer.feed(character))
        assert position - given_out <= LONGEST_PLACEHOLDER + 1
    assert given_out + len(restorer.flush()) == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": "[[SECRET_1_k7]]"}', {"a": 'a"b\\c\n\ud800'}),
        ('{"a": "\\"[[SECRET_1_k7]]\\\\"}', {"a": '"a"b\\c\n\ud800\\'}),
        ('{"[[SECRET_1_k7]]": 1}', {'a"b\\c\n\ud800': 1}),
        (
            '["[[CREDIT_CARD_2_k7]]", "no [[CREDIT_CARD_2_k7]]", "[[CREDIT_CARD_2_k7]] "]',
            [4111111111111111, "no 4111111111111111", "4111111111111111 "],
        ),
        ('{"a": [[CREDIT_CARD_2_k7]], "b": [[SECRET_1_k7]]}', {"a": 4111111111111111, "b": 'a"b\\c\n\ud800'}),
        ('["\\"", "[[CREDIT_CARD_2_k7]]"]', ['"', 4111111111111111]),
    ],
)
def test_json_stays_json(text: str, expected: object) -> None:
    assert json.loads(restore(text, _vault(), is_json=True)) == expected
