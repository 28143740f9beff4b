"""Titles, companies, post boxes, initials, countries and repetitions, without a model."""

from __future__ import annotations

import pytest

from upcall.edge_runtime.redaction.entities import EntityType, Span
from upcall.edge_runtime.redaction.names.cues import Cues
from upcall.edge_runtime.redaction.names.decoding import Piece, words_of
from upcall.edge_runtime.redaction.names.rules import load_name_rules

CUES = Cues(load_name_rules())


def titled(text: str) -> list[str]:
    words = words_of(text)
    return [text[words[piece.first].start : words[piece.last].end] for piece in CUES.titled(text, words)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ask Mr. Smith about it", ["Smith"]),
        ("Ask mr Smith about it", ["Smith"]),
        ("ask mr smith about it", ["smith"]),
        ("Frau van der Berg ruft an", ["van der Berg"]),
        ("Dr. J. Weber ist da", ["J. Weber"]),
        ("Herr Dr. Weber ist da", ["Weber"]),
        ("The Dr. is in", []),
        ("Dr.", []),
        ("ask mr will about it", []),
        ("Mr 5", []),
        ("Mr.\nSmith", []),
    ],
)
def test_titled(text: str, expected: list[str]) -> None:
    assert titled(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We bought Acme Widgets Inc. today", ["Acme Widgets Inc"]),
        ("Die Alpenbau AG liefert", ["Alpenbau AG"]),
        ("Ask Miller & Hartwell LLP", ["Miller & Hartwell LLP"]),
        ("write to acme ltd today", ["acme ltd"]),
        ("GmbH alone", []),
        ("The ltd is small", []),
        ("See the AG", []),
    ],
)
def test_organisations(text: str, expected: list[str]) -> None:
    words = words_of(text)
    found = [text[words[piece.first].start : words[piece.last].end] for piece in CUES.organisations(text, words)]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("To P.O. Box 4521 please", ["P.O. Box 4521"]),
        ("An Postfach 1234.", ["Postfach 1234"]),
        ("PSC 1234, Box 5678\nAPO AP 96345", ["PSC 1234, Box 5678\nAPO AP 96345"]),
        ("the box 12", []),
        ("xP.O. Box 45", []),
    ],
)
def test_address_forms(text: str, expected: list[str]) -> None:
    words = words_of(text)
    found = [text[words[piece.first].start : words[piece.last].end] for piece in CUES.address_forms(text, words)]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "core", "kind", "expected"),
    [
        ("by J. R. Hofmann", "Hofmann", EntityType.PERSON, "J. R. Hofmann"),
        ("so I Hofmann", "Hofmann", EntityType.PERSON, "Hofmann"),
        ("at 12 rue Voltaire", "Voltaire", EntityType.ADDRESS, "12 rue Voltaire"),
        ("at de Voltaire", "Voltaire", EntityType.ADDRESS, "Voltaire"),
        ("Elm Street, United States now", "Elm Street", EntityType.ADDRESS, "Elm Street, United States"),
        ("Elm Street\n Italy", "Elm Street", EntityType.ADDRESS, "Elm Street\n Italy"),
        ("Elm Street and Italy", "Elm Street", EntityType.ADDRESS, "Elm Street"),
        ("12 Paris, Italy", "Paris", EntityType.LOCATION, "Paris"),
    ],
)
def test_complete(text: str, core: str, kind: EntityType, expected: str) -> None:
    words = words_of(text)
    start, end = text.index(core), text.index(core) + len(core)
    inside = [index for index, word in enumerate(words) if start <= word.start and word.end <= end]
    piece = CUES.complete(text, words, Piece(inside[0], inside[-1], kind, 1.0))
    assert text[words[piece.first].start : words[piece.last].end] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anna Schmidt called. Schmidt waits.", ["Schmidt"]),
        ("Anna Schmidt called. SCHMIDT waits, ANNA too.", ["SCHMIDT", "ANNA"]),
        ("Anna Schmidt called the Schmidts and schmidt.", []),
        ("Will Baker called. Will the Baker wait?", ["Baker"]),
        ("Jo Li called. Li waits.", []),
    ],
)
def test_repeated(text: str, expected: list[str]) -> None:
    end = text.index(" called")
    found = [Span(0, end, EntityType.PERSON, "names", 0.9)]
    again = list(CUES.repeated(text, words_of(text), found))
    assert [text[span.start : span.end] for span in again] == expected
    assert all(span.score == 0.9 for span in again)


def test_parts_of_addresses_are_not_repeated() -> None:
    text = "Elm Street 5 and Elm"
    found = [Span(0, 12, EntityType.ADDRESS, "names", 0.9)]
    assert not list(CUES.repeated(text, words_of(text), found))
