from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from upcall.edge_runtime.redaction import Detector

CASES = json.loads((Path(__file__).parents[2] / "proto/vectors/redaction_structure.json").read_text())["detect"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_detect(case: dict[str, Any]) -> None:
    found = Detector().find(case["text"])
    assert [{"start": s.start, "end": s.end, "entity_type": s.entity_type} for s in found] == case["expect"]


def test_cases_are_of_both_kinds_and_unique() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES)
    assert sum(not case["expect"] for case in CASES) >= 40
