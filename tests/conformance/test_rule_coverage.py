"""Every rule is fired by some vector, and by some other tried without a finding: a port that always says yes, or no, fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from upcall.edge_runtime.redaction import Detector, load_rules
from upcall.edge_runtime.redaction.characters import without_surrogates

VECTORS = Path(__file__).parents[2] / "proto/vectors"


def _texts() -> Iterator[str]:
    for path in sorted(VECTORS.glob("*.json")):
        for case in json.loads(path.read_text()).get("detect", ()):
            yield without_surrogates(case["text"])


def test_every_rule_is_fired_and_refused() -> None:
    detector, rules = Detector(), load_rules().patterns
    fired: set[str] = set()
    refused: set[str] = set()
    for text in _texts():
        found = {span.detector for span in detector.claims(text)}
        fired |= found
        refused |= {rule.name for rule in load_rules().prefilter.candidates(text)} - found
    names = {rule.name for rule in rules}
    assert sorted(names - fired) == [], "no vector fires them"
    assert sorted(names - refused) == [], "no vector has their words and nothing for them to find"
