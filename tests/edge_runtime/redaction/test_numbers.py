from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.redaction.numbers import card_spans, iban_end, is_epoch, is_ssn, luhn
from upcall.edge_runtime.redaction.rules import load_rules

RULES = load_rules()


@pytest.mark.parametrize("digits", ["79927398713", "4111111111111111", "0"])
def test_luhn(digits: str) -> None:
    assert luhn(digits)


@given(st.text("0123456789", min_size=1, max_size=18), st.integers(0, 17), st.integers(1, 9))
def test_luhn_sees_every_single_error(body: str, position: int, change: int) -> None:
    (check,) = [digit for digit in "0123456789" if luhn(body + digit)]
    digits = body + check
    position %= len(digits)
    wrong = str((int(digits[position]) + change) % 10)
    assert not luhn(digits[:position] + wrong + digits[position + 1 :])


def _cards(text: str) -> list[str]:
    return [text[start:end] for start, end in card_spans(text, 0, len(text), RULES.card_prefixes)]


def test_cards_in_a_row() -> None:
    assert _cards("4111111111111111 5555-5555-5555-4444 1234") == ["4111111111111111", "5555-5555-5555-4444"]


def test_longest_card_wins() -> None:
    assert _cards("6205500000000000004") == ["6205500000000000004"]


def test_no_card_across_a_long_run() -> None:
    assert _cards("1" * 100_000) == []
    assert _cards("4 " * 50_000 + "4") == []


def test_epoch() -> None:
    assert is_epoch("1700000000000")
    assert not is_epoch("4222222222222")


@pytest.mark.parametrize(
    "text", ["DE89370400440532013000", "de89 3704 0044 0532 0130 00", "GB82-WEST-1234-5698-7654-32"]
)
def test_iban(text: str) -> None:
    assert iban_end(f"{text} tail", 0, RULES.iban_lengths) == len(text)


@pytest.mark.parametrize("text", ["DE", "DE89", "DE89  3704 0044 0532 0130 00", "DE89ä70400440532013000", "ZZ00", ""])
def test_no_iban(text: str) -> None:
    assert iban_end(text, 0, RULES.iban_lengths) is None


@given(st.integers(0, 21), st.sampled_from("0123456789"))
def test_iban_sees_every_single_error(position: int, digit: str) -> None:
    right = "DE89370400440532013000"
    wrong = right[:position] + digit + right[position + 1 :]
    assert (iban_end(wrong, 0, RULES.iban_lengths) is not None) == (wrong == right)


def test_ssn_areas() -> None:
    areas = [area for area in range(1000) if is_ssn(f"{area:03d}010001")]
    assert areas == [area for area in range(1, 900) if area != 666]
