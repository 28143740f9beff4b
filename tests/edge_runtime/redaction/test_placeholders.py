from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.placeholders import (
    LAST_NUMBER,
    LONGEST_PLACEHOLDER,
    blank_placeholders,
    find_placeholders,
    is_nonce,
    placeholder,
    planted_placeholders,
    unfinished_from,
)

spaces = st.sampled_from(["", " ", "  "])
spellings = st.builds(
    lambda kind, number, nonce, upper, s: (
        (f"[[{s[0]}{kind if upper else kind.lower()}{s[1]}_{s[2]}{number}{s[3]}_{s[4]}{nonce}{s[5]}]]"),
        placeholder(kind, number, nonce.lower()),
    ),
    st.sampled_from(EntityType),
    st.integers(1, LAST_NUMBER),
    st.text("09azAZkK", min_size=2, max_size=2),
    st.booleans(),
    st.lists(spaces, min_size=6, max_size=6),
)


@given(spellings)
def test_every_spelling_is_read(pair: tuple[str, str]) -> None:
    written, minted = pair
    assert list(find_placeholders(f"[{written}]")) == [(1, 1 + len(written), minted)]
    assert len(written) <= LONGEST_PLACEHOLDER


@given(spellings, st.text(max_size=5))
def test_every_beginning_is_held_back(pair: tuple[str, str], before: str) -> None:
    written, _ = pair
    before = before.replace("[", "").rstrip("\\")  # a backslash may be the one of "\\["
    for length in range(1, len(written)):
        assert unfinished_from(before + written[:length]) == len(before)
    assert unfinished_from(before + written) == len(before + written)


def test_the_longest_placeholder_fits_the_cap() -> None:
    written = "\\[\\[  DRIVER\\_LICENCE  \\_  999999  \\_  k7  \\]\\]"
    assert len(written) == LONGEST_PLACEHOLDER
    assert unfinished_from(written[:-1]) == 0


@pytest.mark.parametrize(
    "text",
    ["", "a", "]", "[a", "[[1", "[[EMAILS", "[[EMAIL_0", "[[EMAIL_1_k77", "[[EMAIL_1_k7]x", "xEMAIL_1_k7", "éxEMAIL"],
)
def test_what_cannot_become_one_is_let_go(text: str) -> None:
    assert unfinished_from(text) == len(text)


@pytest.mark.parametrize("written", ["EMAIL_1_k7", "IP_ADDRESS_999999_00"])
def test_every_beginning_without_brackets_is_held_back(written: str) -> None:
    for length in range(1, len(written) + 1):
        assert unfinished_from(f"a {written[:length]}") == 2
        assert unfinished_from(written[:length]) == 0
        assert unfinished_from(written[:length], in_word=True) == length
    assert unfinished_from(f"{written} ") == len(written) + 1


def test_a_long_word_is_not_held_back() -> None:
    assert unfinished_from("x" * 100 + "EMAIL") == 105
    assert unfinished_from("_" * 100) == 100


def test_without_brackets() -> None:
    assert list(find_placeholders("EMAIL_1_k7")) == [(0, 10, "[[EMAIL_1_k7]]")]
    assert not list(find_placeholders("EMAIL_1_k7", in_word=True))
    assert list(find_placeholders("x EMAIL_1_k7", in_word=True)) == [(2, 12, "[[EMAIL_1_k7]]")]


def test_planted() -> None:
    assert list(planted_placeholders("xIP_ADDRESS_1_k77 [[ email_2_K7 ]]")) == [
        (1, 16, ("[[IP_ADDRESS_1_k7]]", "[[ADDRESS_1_k7]]")),
        (18, 34, ("[[EMAIL_2_k7]]",)),
    ]
    assert not list(planted_placeholders("EMAIL_x_k7 and email_1_k7"))


def test_blanking_keeps_the_length() -> None:
    assert blank_placeholders("a [[EMAIL_1_k7]] b") == "a " + "\x00" * 14 + " b"
    assert blank_placeholders("[[EMAIL_1]]") == "[[EMAIL_1]]"


def test_surrogates_do_no_harm() -> None:
    assert list(find_placeholders("\ud800[[EMAIL_1_k7]]")) == [(1, 15, "[[EMAIL_1_k7]]")]
    assert unfinished_from("[[EM\udfff") == 5


def test_nonce() -> None:
    assert is_nonce("k7")
    assert not any(map(is_nonce, ["", "k", "k7a", "K7", "k ", "k7\n"]))
