"""Telephone numbers, by Google's numbering plans (the package phonenumbers, which is slow to import and to ask)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.limits import limits

_LIMITS = limits("phone")
_MARGIN = _LIMITS["margin"]  # characters before a candidate that libphonenumber looks at
_TAIL = _LIMITS["tail"]  # room for an extension
_SHORTEST = _LIMITS["shortest"]
_SHORTEST_WITH_TRUNK_ZERO = _LIMITS["shortest_with_trunk_zero"]
_TWO_NUMBERS = re.compile("([0-9]{3,})[-/]([0-9]{3,})")
_EXTENSION = re.compile(r"[\s,;.(]*(?:[^\W\d_]+[.:]*|#)\s*[0-9]{1,7}\)?$")  # "ext. 44", "x44", "#44"
_LONGEST_RUN = _LIMITS["longest_run"]  # of one question to libphonenumber, which tries every break in a run


def checked_regions(regions: Iterable[str]) -> tuple[str, ...]:
    """The regions in the form that libphonenumber knows, without repeats.

    Raises:
        InputError: one is not a region with a numbering plan.
    """
    from phonenumbers import SUPPORTED_REGIONS

    given = tuple(dict.fromkeys(region.upper() for region in regions))
    unknown = [region for region in given if region not in SUPPORTED_REGIONS]
    if unknown:
        raise InputError(
            f"Telephone regions without a numbering plan: {len(unknown)} of {len(given)}.",
            allowed="ISO 3166 codes of two letters, such as US, GB, DE",
        )
    return given


def phone_spans(text: str, start: int, end: int, regions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Valid numbers in a run of digits and separators: international ones, and national ones of the regions.

    Args:
        text: the whole text, of which [start, end) is the run.
        regions: as ``checked_regions`` gives them; empty finds international numbers only.
    """
    for begin in range(start, end, _LONGEST_RUN):
        window_start = max(0, begin - _MARGIN)
        window = text[window_start : min(begin + _LONGEST_RUN, end) + _TAIL]
        for low, high in _in_window(window, regions):
            while low < high - 1 and window[low] not in "+(0123456789":  # a hyphen or a sign before it
                low += 1
            if window_start + low < end:
                yield window_start + low, window_start + high


def _in_window(window: str, regions: tuple[str, ...]) -> list[tuple[int, int]]:
    from phonenumbers import Leniency, PhoneNumberMatcher

    found: list[tuple[int, int]] = []
    for region in regions or (None,):
        if sum(map(str.isdigit, window)) < _SHORTEST:
            break
        for match in tuple(PhoneNumberMatcher(window, region, leniency=Leniency.VALID)):
            found.append((match.start, match.end))
            # Out of the way of the next region, which may read the number beside it.
            window = window[: match.start] + "\n" * (match.end - match.start) + window[match.end :]
    return found


def is_plain(value: str) -> bool:
    """Whether a number is written as an amount, a sum or an order number could be.

    That is: bare digits without a trunk zero or too short for one; digits with nothing but one full stop in them; numbers with
    decimals; a difference or a quotient of two numbers, unless both have five digits, as in India.
    """
    if value.startswith("+"):
        return False
    value = _EXTENSION.sub("", value)
    if value.count(".") == 1 and value.replace(".", "").strip("( ").isdigit():
        return True
    if " - " in value or " / " in value or ("." in value and (" " in value or "-" in value)):
        return True
    groups = _TWO_NUMBERS.fullmatch(value)
    if groups and not value.startswith("0"):
        return not len(groups[1]) == len(groups[2]) == 5
    return value.isdigit() and not (value.startswith("0") and len(value) >= _SHORTEST_WITH_TRUNK_ZERO)
