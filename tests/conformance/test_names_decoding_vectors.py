"""proto/vectors/names_decoding.json: spans from given tokens, without a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from upcall.edge_runtime.redaction.names.decoding import Tokens
from upcall.edge_runtime.redaction.names.finder import Names
from upcall.edge_runtime.redaction.names.rules import load_name_rules
from upcall.edge_runtime.redaction.names.scripts import unread_letters
from upcall.edge_runtime.redaction.placeholders import blank_placeholders

PATH = Path(__file__).parents[2] / "proto/vectors/names_decoding.json"
SUITE = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {"spans": [], "unread_letters": []}
LABELS = ("O", *(f"{side}-{name}" for name in load_name_rules().labels for side in "BI"))


class GivenTokens:
    """A classifier that says what a case says."""

    version = "given"
    labels = LABELS

    def __init__(self, text: str, tokens: list[dict[str, Any]]) -> None:
        self._text = text
        self._tokens = tokens

    def classify(self, text: str) -> Tokens:
        """The tokens of the case that stand in the window."""
        start = self._text.index(text)
        own = [token for token in self._tokens if token["start"] >= start and token["end"] <= start + len(text)]
        rows = np.zeros((len(own), len(LABELS)), np.float32)
        for row, token in zip(rows, own, strict=True):
            for label, mass in token["mass"].items():
                row[LABELS.index(label)] = mass
            row[0] = 1 - row.sum()
        offsets = [(token["start"] - start, token["end"] - start) for token in own]
        return Tokens(np.array(offsets, np.int64).reshape(-1, 2), rows)


def spans_of(case: dict[str, Any]) -> list[dict[str, Any]]:
    text = blank_placeholders(case["text"])
    found = Names(GivenTokens(text, case["tokens"])).spans(text)
    return [{"start": span.start, "end": span.end, "entity_type": str(span.entity_type)} for span in found]


@pytest.mark.parametrize("case", SUITE["spans"], ids=lambda case: case["name"])
def test_spans(case: dict[str, Any]) -> None:
    assert spans_of(case) == case["expect"]


@pytest.mark.parametrize("case", SUITE["unread_letters"], ids=lambda case: case["name"])
def test_unread_letters(case: dict[str, Any]) -> None:
    assert unread_letters(case["text"]) == case["expect"]


def test_labels_are_those_of_the_rules() -> None:
    assert tuple(SUITE["labels"]) == LABELS
