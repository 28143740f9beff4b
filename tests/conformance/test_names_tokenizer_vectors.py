"""proto/vectors/names_tokenizer.json against the tokenizer of the name model, with a small vocabulary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from upcall.edge_runtime.engines.rampart import open_tokenizer

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/names_tokenizer.json").read_text(encoding="utf-8"))
TOKENIZER = open_tokenizer(json.dumps(SUITE["tokenizer"]).encode())


@pytest.mark.parametrize("case", SUITE["encode"], ids=lambda case: case["name"])
def test_encode(case: dict[str, Any]) -> None:
    encoding = TOKENIZER.encode(case["text"])
    assert encoding.ids == case["ids"]
    assert [list(offsets) for offsets in encoding.offsets[1:-1]] == case["offsets"]
