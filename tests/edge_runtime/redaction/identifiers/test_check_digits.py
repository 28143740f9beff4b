from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.redaction.identifiers.check_digits import is_day, luhn, mod_11_10, verhoeff, weighted


@pytest.mark.parametrize("digits", ["79927398713", "4111111111111111", "0"])
def test_luhn(digits: str) -> None:
    assert luhn(digits)


@given(st.text("0123456789", min_size=1, max_size=18), st.integers(0, 17), st.integers(1, 9))
@pytest.mark.parametrize("method", [luhn, verhoeff, mod_11_10])
def test_every_single_error_is_seen(method: object, body: str, position: int, change: int) -> None:
    assert callable(method)
    (check,) = [digit for digit in "0123456789" if method(body + digit)]
    digits = body + check
    position %= len(digits)
    wrong = str((int(digits[position]) + change) % 10)
    assert not method(digits[:position] + wrong + digits[position + 1 :])


@given(st.text("0123456789", min_size=1, max_size=18), st.integers(0, 17))
def test_verhoeff_sees_every_transposition(body: str, position: int) -> None:
    (check,) = [digit for digit in "0123456789" if verhoeff(body + digit)]
    digits = body + check
    position %= len(digits) - 1
    swapped = digits[:position] + digits[position + 1] + digits[position] + digits[position + 2 :]
    assert verhoeff(swapped) == (swapped == digits)


def test_examples_as_published() -> None:
    assert verhoeff("2363")  # Wikipedia: 236 has the check digit 3
    assert mod_11_10("07945")  # ISO/IEC 7064: 0794 has the check digit 5
    assert weighted("123", (1, 10)) == 21


@given(st.dates(date(1901, 1, 1), date(2099, 12, 31)))
def test_every_day_is_a_day(day: date) -> None:
    assert is_day(day.year, day.month, day.day)
    assert is_day(day.year % 100, day.month, day.day)


@pytest.mark.parametrize(
    "day", [(2023, 2, 29), (2024, 4, 31), (2024, 13, 1), (2024, 0, 1), (2024, 1, 0), (2024, 1, 32)]
)
def test_these_are_no_days(day: tuple[int, int, int]) -> None:
    assert not is_day(*day)
