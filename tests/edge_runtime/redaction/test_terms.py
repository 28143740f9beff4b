from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.rules import load_rules
from upcall.edge_runtime.redaction.terms import MAX_TERM_CHARACTERS, MAX_TERMS, Automaton, Terms

CHARACTERS = load_rules().characters


def _terms(*terms: str) -> Terms:
    return Terms(terms, characters=CHARACTERS, gap=load_rules().term_gap, purpose="deny")


def _found(text: str, *terms: str) -> list[str]:
    return [text[start:end] for start, end in _terms(*terms).spans(text)]


@given(st.sets(st.text("ab", min_size=1, max_size=4)), st.text("abc", max_size=30))
def test_automaton_finds_what_a_plain_search_finds(strings: set[str], text: str) -> None:
    expected = {
        end: tuple(sorted((len(string) for string in strings if text[:end].endswith(string)), reverse=True))
        for end in range(1, len(text) + 1)
    }
    assert dict(Automaton(strings).occurrences(text)) == {end: found for end, found in expected.items() if found}


def test_a_shorter_term_is_found_where_the_longer_one_is_no_word() -> None:
    assert _found("xb ann", "b ann", "ann") == ["ann"]


def test_punctuation_does_not_hide_a_term() -> None:
    assert _found("«Falcon», (falcon)/FALCON… falcon's", "falcon") == ["Falcon", "falcon", "FALCON", "falcon"]


def test_membership_is_whole_and_folded() -> None:
    terms = _terms("Straße 1")
    assert "STRASSE 1" in terms
    assert " straße 1 " in terms
    assert "Straße" not in terms
    assert "" not in _terms()


@pytest.mark.parametrize("term", ["", "  ", "\u200b", "\u00a0", "a\x00", "a\ud800", "x" * (MAX_TERM_CHARACTERS + 1)])
def test_refused_terms(term: str) -> None:
    with pytest.raises(InputError) as caught:
        _terms("fine", term)
    assert "Term 2 of the deny list" in str(caught.value)
    assert len(term) < 2 or term not in str(caught.value)


def test_too_many_terms() -> None:
    with pytest.raises(InputError, match=r"10,001"):
        _terms(*map(str, range(MAX_TERMS + 1)))


def test_ten_thousand_terms_in_a_long_text() -> None:
    terms = _terms(*(f"word {number}" for number in range(MAX_TERMS)))
    started = time.process_time()
    assert sum(1 for _ in terms.spans("word 9999, " * 10_000)) == 10_000
    assert time.process_time() - started < 5


@given(st.text())
def test_spans_fit_any_text(text: str) -> None:
    for start, end in _terms("a", "ss", "i", "é").spans(text):
        assert 0 <= start < end <= len(text)
