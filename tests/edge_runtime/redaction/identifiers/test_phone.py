from __future__ import annotations

import pytest

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.identifiers.phone import checked_regions, is_plain, phone_spans


def _numbers(text: str, *regions: str) -> list[str]:
    return sorted({text[start:end] for start, end in phone_spans(text, 0, len(text), regions)})


def test_regions_in_any_case_without_repeats() -> None:
    assert checked_regions(["us", "US", "de"]) == ("US", "DE")


def test_unknown_region() -> None:
    with pytest.raises(InputError, match="numbering plan"):
        checked_regions(["US", "XX"])


def test_numbers_of_two_regions_side_by_side() -> None:
    assert _numbers("+44 20 7946 0958 212-456-7890", "US", "GB") == ["+44 20 7946 0958", "212-456-7890"]


def test_number_across_the_border_of_two_windows() -> None:
    run = "1" * 250 + " +44 20 7946 0958"
    assert "+44 20 7946 0958" in _numbers(run, "GB")


def test_too_few_digits() -> None:
    assert _numbers("12 34 5", "US") == []


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("2124567890", True),
        ("07700900123", False),
        ("078051120", True),
        ("95060-29100", False),
        ("16000-1250", True),
        ("1800 - 1170", True),
        ("18000/900", True),
        ("030/901820", False),
        ("29.85 261.53 0", True),
        ("232-54-108-27.0", True),
        ("06.12.34.56.78", False),
    ],
)
def test_plain(value: str, plain: bool) -> None:
    assert is_plain(value) is plain
    assert not is_plain("+" + value)
