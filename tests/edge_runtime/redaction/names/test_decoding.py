"""From masses to spans: which words are private, and which belong together."""

from __future__ import annotations

import re

import numpy as np
import pytest

from upcall.edge_runtime.redaction.names.decoding import Decoder, Tokens, Word, words_of
from upcall.edge_runtime.redaction.names.rules import load_name_rules

LABELS = ("O", *(f"{side}-{name}" for name in load_name_rules().labels for side in "BI"))
DECODER = Decoder(load_name_rules(), LABELS)


def decoded(marked: str) -> list[tuple[str, str]]:
    """What is found in a text in which ``word/LABEL/MASS`` stands for a word with that mass on that label."""
    text, offsets, rows = "", [], []
    for part in re.split(r"(\S+/[A-Z_]+/[\d.]+)", marked):
        match = re.fullmatch(r"(\S+)/([A-Z_]+)/([\d.]+)", part)
        value = match[1] if match else part
        if match:
            row = np.zeros(len(LABELS), np.float32)
            row[LABELS.index(f"I-{match[2]}")] = float(match[3])
            row[0] = 1 - float(match[3])
            offsets.append((len(text), len(text) + len(value)))
            rows.append(row)
        text += value
    words = words_of(text)
    DECODER.mark(words, Tokens(np.array(offsets, np.int64).reshape(-1, 2), np.array(rows).reshape(-1, len(LABELS))))
    pieces = DECODER.pieces(text, words)
    return [(text[words[piece.first].start : words[piece.last].end], piece.kind) for piece in pieces]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("I saw Anna/GIVEN_NAME/0.9 Maria/GIVEN_NAME/0.9 Schmidt/SURNAME/0.9 there", [("Anna Maria Schmidt", "PERSON")]),
        ("I saw Anna/GIVEN_NAME/0.9, Peter/GIVEN_NAME/0.9", [("Anna", "PERSON"), ("Peter", "PERSON")]),
        ("I saw Ryan/GIVEN_NAME/0.9 P. Costa/SURNAME/0.9", [("Ryan P. Costa", "PERSON")]),
        ("Vidi Marco/GIVEN_NAME/0.9 e Carla/GIVEN_NAME/0.9", [("Marco", "PERSON"), ("Carla", "PERSON")]),
        ("I saw Anna/GIVEN_NAME/0.06", [("Anna", "PERSON")]),
        ("I saw Anna/GIVEN_NAME/0.015", []),
        ("I saw Anna/GIVEN_NAME/0.9 Weiss/SURNAME/0.05", [("Anna Weiss", "PERSON")]),
        ("I saw anna/GIVEN_NAME/0.5 there", []),
        ("I saw anna/GIVEN_NAME/0.95 there", [("anna", "PERSON")]),
        ("i saw anna/GIVEN_NAME/0.5 there", [("anna", "PERSON")]),
        ("Hier Anna/GIVEN_NAME/0.9 rit/SURNAME/0.99", [("Anna", "PERSON")]),
        ("Anna/GIVEN_NAME/0.07 it is", []),
        ("Anna/GIVEN_NAME/0.4 it is", [("Anna", "PERSON")]),
        ("Oh: Will/GIVEN_NAME/0.07 it rain", []),
        ("At 12/BUILDING_NUMBER/0.9 Elm/STREET_NAME/0.9, Paris/CITY/0.9", [("12 Elm, Paris", "ADDRESS")]),
        ("In Paris/CITY/0.9, France", [("Paris", "LOCATION")]),
        ("In Paris/CITY/0.9 and Rome/CITY/0.9", [("Paris", "LOCATION"), ("Rome", "LOCATION")]),
        ("In France/CITY/0.9", []),
        ("What is 12/BUILDING_NUMBER/0.9 + 30/BUILDING_NUMBER/0.9", []),
        ("On page/STREET_NAME/0.9 345/BUILDING_NUMBER/0.9", []),
        ("My zip is 80203/ZIP_CODE/0.9", [("80203", "ADDRESS")]),
        ("It costs 80203/ZIP_CODE/0.9", []),
        ("Order 88231945/GOVERNMENT_ID/0.9", []),
        ("Passport 88231945/PASSPORT/0.9", [("88231945", "PASSPORT")]),
        ("Passport 882/PASSPORT/0.9", []),
        ("See example.org/URL/0.9", []),
        ("Elm/STREET_NAME/0.9 5\n\nOak/STREET_NAME/0.9 7", [("Elm", "ADDRESS"), ("Oak", "ADDRESS")]),
    ],
)  # fmt: skip
def test_decoding(marked: str, expected: list[tuple[str, str]]) -> None:
    assert decoded(marked) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("O'Neil Jean-Luc", ["O'Neil", "Jean-Luc"]),
        ("Anna's and Anna’s", ["Anna", "and", "Anna"]),
        ("123-office", ["123", "office"]),
        ("Ame\u0301lie", ["Ame\u0301lie"]),
        ("हिन्दी", ["हिन्दी"]),
        ("a_b", ["a", "b"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert [text[word.start : word.end] for word in words_of(text)] == expected


def test_the_most_of_the_tokens_of_a_word_counts() -> None:
    rows = np.zeros((2, len(LABELS)), np.float32)
    rows[0, 0] = 1
    rows[1, LABELS.index("B-SURNAME")] = rows[1, 0] = 0.5
    words = [Word(0, 6)]
    DECODER.mark(words, Tokens(np.array([(0, 3), (3, 6)]), rows))
    assert words[0].mass == pytest.approx(0.5)


def test_unknown_labels() -> None:
    with pytest.raises(KeyError):
        Decoder(load_name_rules(), ["O", "B-PLANET"])
