"""The classes of characters in tokens.json are those of the package that models' tokenizers are made with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tokenizers
from tokenizers import Regex, pre_tokenizers

DATA = json.loads((Path(__file__).parents[2] / "proto/rules/tokens.json").read_text())
VERSION = "0.22.2"  # whose tables were written down; others may know newer characters
CHARACTERS = [chr(point) for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF]
SPLITTERS = {
    "letter": pre_tokenizers.Split(Regex(r"\p{L}"), behavior="removed"),
    "number": pre_tokenizers.Split(Regex(r"\p{N}"), behavior="removed"),
    "space": pre_tokenizers.Split(Regex(r"\s"), behavior="removed"),
}


def points(ranges: list[str]) -> set[int]:
    pairs = (item.partition("-") for item in ranges)
    return {point for low, _, high in pairs for point in range(int(low, 16), int(high or low, 16) + 1)}


pinned = pytest.mark.skipif(tokenizers.__version__ != VERSION, reason="tokenizers has other tables")


@pinned
@pytest.mark.parametrize("name", SPLITTERS)
def test_class(name: str) -> None:
    found = set()
    for start in range(0, len(CHARACTERS), 1 << 14):
        block = CHARACTERS[start : start + (1 << 14)]
        left = {letter for piece, _ in SPLITTERS[name].pre_tokenize_str("".join(block)) for letter in piece}
        found |= {ord(letter) for letter in block} - {ord(letter) for letter in left}
    assert points(DATA[name]) == found


@pinned
def test_digits() -> None:
    digits = pre_tokenizers.Digits(individual_digits=True)
    found = set()
    for start in range(0, len(CHARACTERS), 1 << 14):
        between = "a" + "a".join(CHARACTERS[start : start + (1 << 14)]) + "a"
        found |= {ord(piece) for piece, _ in digits.pre_tokenize_str(between) if len(piece) == 1 and piece != "a"}
    assert points(DATA["digit"]) == found
