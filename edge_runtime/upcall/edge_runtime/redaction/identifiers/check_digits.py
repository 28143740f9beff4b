"""Check digits of published methods, on which many identifiers are built. ASCII digits and letters only."""

from __future__ import annotations

from collections.abc import Sequence

_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

# The multiplication table of the dihedral group of order ten, and one permutation of it. Source: Verhoeff 1969.
_DIHEDRAL = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1 annex B)."""
    total = sum(map(int, digits[-1::-2])) + sum(_LUHN_DOUBLED[int(digit)] for digit in digits[-2::-2])
    return total % 10 == 0


def verhoeff(digits: str) -> bool:
    """Whether the last digit checks the others. Source: Verhoeff 1969, Error detecting decimal codes."""
    check = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit)
        for _ in range(position % 8):
            value = _PERMUTATION[value]
        check = _DIHEDRAL[check][value]
    return check == 0


def mod_11_10(digits: str) -> bool:
    """Whether the last digit checks the others by the hybrid system of ISO/IEC 7064, MOD 11,10."""
    check = 10
    for digit in digits[:-1]:
        check = ((check + int(digit)) % 10 or 10) * 2 % 11
    return (check + int(digits[-1])) % 10 == 1


def weighted(digits: str, weights: Sequence[int]) -> int:
    """Sum of the digits, each times its weight, for as many as there are weights."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def is_day(year: int, month: int, day: int) -> bool:
    """Whether a month of 1 to 12 has this day; a year of two digits is of either century, so leap days need year % 4 only."""
    if not 1 <= month <= 12:
        return False
    if month == 2:
        return 1 <= day <= (29 if year % 4 == 0 else 28)
    return 1 <= day <= (30 if month in (4, 6, 9, 11) else 31)


def is_number(text: str, *lengths: int) -> bool:
    """Whether a text is ASCII digits only, of one of these lengths, not all the same."""
    return len(text) in lengths and text.isascii() and text.isdigit() and len(set(text)) > 1
