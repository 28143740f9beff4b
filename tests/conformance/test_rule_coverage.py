"""Every rule is fired by some vector and refused by some other: a port that always says yes, or always no, fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from upcall.edge_runtime.redaction import Detector, load_rules
from upcall.edge_runtime.redaction.characters import without_surrogates
from upcall.edge_runtime.redaction.rules import Rule

VECTORS = Path(__file__).parents[2] / "proto/vectors"


def _texts() -> Iterator[str]:
    for path in sorted(VECTORS.glob("*.json")):
        for case in json.loads(path.read_text()).get("detect", ()):
            yield without_surrogates(case["text"])


def _is_refused(rule: Rule, text: str, found: list[tuple[int, int]]) -> bool:
    """Whether the rule's pattern matches at a place where the rule reports nothing."""
    for match in rule.pattern.finditer(text):
        start, end = match.span()
        if not any(low < end and start < high for low, high in found):
            return True
    return False


def test_every_rule_is_fired_and_refused() -> None:
    detector, rules = Detector(), load_rules().patterns
    fired: set[str] = set()
    refused: set[str] = set()
    for text in _texts():
        places: dict[str, list[tuple[int, int]]] = {}
        for span in detector.claims(text):
            places.setdefault(span.detector, []).append((span.start, span.end))
        fired.update(places)
        refused.update(
            rule.name
            for rule in rules
            if rule.name not in refused and _is_refused(rule, text, places.get(rule.name, []))
        )
    names = {rule.name for rule in rules}
    assert sorted(names - fired) == [], "no vector fires them"
    assert sorted(names - refused) == [], "no vector has what only looks like them"
