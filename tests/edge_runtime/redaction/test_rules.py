"""proto/rules: schemas, and the limits within which RE2 of every language agrees."""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path

import jsonschema
import pytest
import re2

from upcall.edge_runtime.errors import RedactionError
from upcall.edge_runtime.redaction import rules
from upcall.edge_runtime.redaction.checks import CHECKS
from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.placeholders import BLANK

PROTO = Path(__file__).parents[3] / "proto"
PATTERNS = json.loads((PROTO / "rules/patterns.json").read_text())
NAMED = {rule["name"]: rule["pattern"] for rule in PATTERNS["rules"]}
ALL = [*NAMED.values(), *PATTERNS["exclude"]["patterns"]]


@pytest.mark.parametrize("path", sorted((PROTO / "rules").glob("*.json")), ids=lambda path: path.stem)
def test_file_follows_its_schema(path: Path) -> None:
    schema = json.loads((PROTO / f"schema/rules_{path.stem}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(path.read_text()), schema)


@pytest.mark.parametrize("pattern", ALL)
def test_pattern_keeps_to_what_all_engines_share(pattern: str) -> None:
    assert not re.search(r"\(\?<?[=!]", pattern), "look-around"
    assert not re.search(r"\\[1-9]", pattern), "back-reference"
    assert not re.search(r"\\[pPBbwWdDCX]", pattern), "class or border that differs between engines"
    assert pattern.isascii(), "write other characters as \\x{...}"
    assert "(?i)" not in pattern[4:] and ("(?i)" not in pattern or "\\x{" not in pattern), "case folding beyond ASCII"
    assert re2.compile(pattern).search("") is None, "matches the empty text"


@pytest.mark.parametrize("pattern", ALL)
def test_negated_classes_stop_at_a_blanked_placeholder(pattern: str) -> None:
    for body in re.findall(r"(?<!\\)\[\^([^\]]*)\]", pattern):
        assert body.startswith(r"\x00") or body == "a-z", body


@pytest.mark.parametrize("pattern", ALL)
def test_nothing_is_found_in_blanked_text(pattern: str) -> None:
    assert re2.compile(pattern).search(BLANK * 50) is None


def test_names_are_unique_and_keywords_lower_case() -> None:
    assert len(NAMED) == len(PATTERNS["rules"])
    for rule in PATTERNS["rules"]:
        words = [*rule.get("keywords", ()), *rule.get("context", {}).get("words", ()), *rule.get("not_after", ())]
        assert all(word == word.lower() for word in words), rule["name"]
        if rule["validator"] == "ip":
            assert [ipaddress.ip_network(network) for network in rule["not_private"]]


def test_loaded_rules_are_those_of_the_file() -> None:
    loaded = rules.load_rules()
    assert loaded.version == PATTERNS["rules_version"]
    assert [rule.name for rule in loaded.patterns] == list(NAMED)
    assert set(loaded.priority) == set(EntityType)
    assert {rule.validator for rule in loaded.patterns} == set(CHECKS)
    assert loaded.patterns[-1] is not None and loaded is rules.load_rules()


def test_missing_rules_fail_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "RULES_PACKAGE", "upcall.protocol.nothing")
    with pytest.raises(RedactionError, match="cannot be read"):
        rules.load_rules.__wrapped__()


def test_broken_rules_fail_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_read", lambda name: {"rules_version": "1"})
    with pytest.raises(RedactionError, match="KeyError"):
        rules.load_rules.__wrapped__()
