"""The pinned Unicode: what unicode.json says is what this Python says, and newer characters are read by nobody."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from upcall.edge_runtime.redaction import Detector, load_rules

DATA: dict[str, Any] = json.loads((Path(__file__).parents[3] / "proto/rules/unicode.json").read_text())
CLASSES: dict[str, Callable[[str], bool]] = {
    "unassigned": lambda character: unicodedata.category(character) == "Cn",
    "alphabetic": str.isalpha,
    "decimal": str.isdecimal,
    "digit": str.isdigit,
    "alphanumeric": str.isalnum,
    "space": str.isspace,
    "upper": str.isupper,
    "lowercase": str.islower,
    "mark": lambda character: unicodedata.category(character).startswith("M"),
    "combining": lambda character: unicodedata.combining(character) != 0,
    "ignorable": lambda character: f"a{character}Σ".lower()[-1] == "ς" != f"1{character}Σ".lower()[-1],
}
pinned = pytest.mark.skipif(
    unicodedata.unidata_version != DATA["version"], reason="this Python has tables of another Unicode version"
)


def _points(ranges: list[str]) -> set[int]:
    pairs = (item.partition("-") for item in ranges)
    return {point for low, _, high in pairs for point in range(int(low, 16), int(high or low, 16) + 1)}


def _mapped(mapping: dict[str, Any]) -> dict[str, str]:
    changed = {
        chr(point): chr(point + added)
        for first, last, step, added in mapping["runs"]
        for point in range(int(first, 16), int(last, 16) + 1, step)
    }
    special = {
        chr(int(point, 16)): "".join(chr(int(one, 16)) for one in to.split())
        for point, to in mapping["special"].items()
    }
    return changed | special


@pinned
@pytest.mark.parametrize("name", CLASSES)
def test_class(name: str) -> None:
    assert _points(DATA[name]) == {point for point in range(sys.maxunicode + 1) if CLASSES[name](chr(point))}


@pinned
def test_lower_and_fold() -> None:
    lower, fold = _mapped(DATA["lower"]), _mapped(DATA["fold"])
    for character in map(chr, range(sys.maxunicode + 1)):
        assert lower.get(character, character) == character.lower()
        assert fold.get(character, lower.get(character, character)) == character.casefold()


@pinned
def test_decompositions() -> None:
    for point, decomposed in DATA["decomposed"].items():
        assert unicodedata.normalize("NFD", chr(int(point, 16))) == "".join(
            chr(int(one, 16)) for one in decomposed.split()
        )


def test_a_character_newer_than_the_pinned_unicode_joins_nothing() -> None:
    newer = "\U0001e4d0"  # NAG MUNDARI LETTER O, of Unicode 15: beside it the number would be part of a word
    readable = load_rules().characters.readable
    assert readable(f"a{newer}\ud800é") == "a\ufffd\ufffdé"
    assert [span.entity_type for span in Detector().find(f"{newer}ann.lee@example.com{newer}")] == ["EMAIL"]
