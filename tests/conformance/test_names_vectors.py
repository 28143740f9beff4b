"""proto/vectors/names.json against the name finder on the real model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from upcall.edge_runtime.opening import open_names
from upcall.edge_runtime.redaction.characters import without_surrogates
from upcall.edge_runtime.redaction.detector import NameFinder
from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.placeholders import blank_placeholders

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/names.json").read_text())
TYPES = {EntityType.PERSON, EntityType.ADDRESS, EntityType.LOCATION, EntityType.ORG}

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def finder() -> NameFinder:
    return open_names()


def found(finder: NameFinder, text: str) -> list[dict[str, Any]]:
    spans = finder.spans(blank_placeholders(without_surrogates(text)))
    return [{"start": span.start, "end": span.end, "entity_type": span.entity_type} for span in spans]


@pytest.mark.parametrize("case", SUITE["detect"], ids=lambda case: case["name"])
def test_detect(case: dict[str, Any], finder: NameFinder) -> None:
    spans = found(finder, case["text"])
    if not case["knife_edge"]:
        assert spans == case["expect"]
    for wanted in case["expect"]:
        assert any(span["start"] < wanted["end"] and wanted["start"] < span["end"] for span in spans)


@pytest.mark.parametrize("case", SUITE["known_misses"], ids=lambda case: case["name"])
def test_known_misses_are_still_missed(case: dict[str, Any], finder: NameFinder) -> None:
    assert found(finder, case["text"]) != case["ideal"]


def test_every_type_has_cases_and_many_have_none() -> None:
    exact = [case for case in SUITE["detect"] if not case["knife_edge"]]
    assert {span["entity_type"] for case in exact for span in case["expect"]} == TYPES
    assert sum(not case["expect"] for case in exact) >= 40
    assert sum(case["knife_edge"] for case in SUITE["detect"]) < len(SUITE["detect"]) / 10
