from __future__ import annotations

import pytest

from android.check.versions import highest, key, least


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("1.9", "1.10"),
        ("1.0", "1.0.1"),
        ("1.0-rc01", "1.0"),
        ("1.0-alpha09", "1.0-alpha10"),
        ("1.0-alpha01", "1.0-beta01"),
        ("1.0-dev1", "1.0-alpha01"),
        ("1.0-beta2", "1.0-rc1"),
        ("1.0", "9999.0-empty-to-avoid-conflict-with-guava"),
        ("33.4.0-android", "33.4.8-android"),
    ],
)
def test_order(lower: str, higher: str) -> None:
    assert key(lower) < key(higher)
    assert highest(lower, higher) == highest(higher, lower) == higher


def test_nothing_is_below_everything() -> None:
    assert highest("", "0.1") == "0.1"
    assert highest() == highest("", "") == ""


@pytest.mark.parametrize(
    ("asked", "version"), [("1.2", "1.2"), ("[1.2]", "1.2"), ("[1.2,2)", "1.2"), ("(,2)", ""), ("", "")]
)
def test_a_range_asks_for_its_lower_end(asked: str, version: str) -> None:
    assert least(asked) == version
