from __future__ import annotations

import dataclasses

import pytest

from tests.edge_runtime.redaction.work import calls
from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.names.decoding import Piece, words_of
from upcall.edge_runtime.redaction.names.evidence import Evidence
from upcall.edge_runtime.redaction.names.rules import load_name_rules

EVIDENCE = Evidence(load_name_rules())


def kept(text: str, value: str, mass: float, kind: EntityType = EntityType.PERSON) -> list[str]:
    words = words_of(text)
    start = text.index(value)
    inside = [index for index, word in enumerate(words) if start <= word.start < start + len(value)]
    pieces = EVIDENCE.private(text, words, [Piece(inside[0], inside[-1], kind, mass)])
    return [text[words[piece.first].start : words[piece.last].end] for piece in pieces]


@pytest.mark.parametrize(
    ("text", "value", "mass", "expected"),
    [
        ("how do i install grafana", "grafana", 0.99, []),
        ("how do i install foobar", "foobar", 0.7, []),
        ("how do i reach kowalczyk", "kowalczyk", 0.99, ["kowalczyk"]),
        ("dear kowalczyk thanks", "kowalczyk", 0.5, ["kowalczyk"]),
        ("explain fermat theorem", "fermat theorem", 0.99, []),
        ("explain the adam optimizer", "adam", 0.99, []),
        ("my son adam is ill", "adam", 0.5, ["adam"]),
        ("beat okwuosa", "beat okwuosa", 0.99, ["okwuosa"]),
        ("The report is by Okwuosa.", "Okwuosa", 0.1, ["Okwuosa"]),
    ],
)
def test_people(text: str, value: str, mass: float, expected: list[str]) -> None:
    assert kept(text, value, mass) == expected


def test_places_need_somebody_who_lives_there() -> None:
    assert kept("plan a trip to lisbon", "lisbon", 0.99, EntityType.LOCATION) == []
    assert kept("i was born in lisbon", "lisbon", 0.5, EntityType.LOCATION) == ["lisbon"]


def test_addresses_have_a_number_and_a_word_for_a_street() -> None:
    assert kept("quantize to int4", "int4", 0.99, EntityType.ADDRESS) == []
    assert kept("is 14 elm street sold", "14 elm street", 0.1, EntityType.ADDRESS) == ["14 elm street"]
    assert kept("plot a square wave", "square wave", 0.5, EntityType.ADDRESS) == []


def test_a_line_full_of_findings_is_searched_for_code_once() -> None:
    class Pattern:
        searched = 0

        def search(self, line: str) -> None:
            self.searched += len(line)

    pattern = Pattern()
    evidence = Evidence(dataclasses.replace(load_name_rules(), code_lines=(pattern,)))
    text = "the okwuosa\n" + "the okwuosa " * 50
    words = words_of(text)
    pieces = [Piece(index, index, EntityType.PERSON, 0.999) for index in range(1, len(words), 2)]
    assert evidence.private(text, words, pieces) == pieces
    assert pattern.searched == len(text) - 1


def test_many_addresses_take_work_in_proportion_to_their_number() -> None:
    def calls_for(addresses: int) -> int:
        text = "P.O. Box 4521, " * addresses
        words = words_of(text)
        forms = [Piece(first, first + 3, EntityType.ADDRESS, 0.9) for first in range(0, len(words), 4)]
        assert EVIDENCE.private(text, words, list(forms), forms) == forms
        return calls(lambda: EVIDENCE.private(text, words, list(forms), forms))

    assert calls_for(1_000) < 6 * calls_for(200)
