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
from upcall.edge_runtime.redaction import rule_files, rules
from upcall.edge_runtime.redaction.checks import CHECKS, SCHEMES
from upcall.edge_runtime.redaction.credentials import expanded
from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.identifiers.crypto_addresses import CRYPTO_ADDRESSES
from upcall.edge_runtime.redaction.placeholders import BLANK

PROTO = Path(__file__).parents[3] / "proto"
PATTERNS = json.loads((PROTO / "rules/patterns.json").read_text())
CREDENTIALS = json.loads((PROTO / "rules/credentials.json").read_text())
RULES = [*PATTERNS["rules"], *CREDENTIALS["rules"]]
NAMED = {rule["name"]: expanded(rule["pattern"], CREDENTIALS["words"]) for rule in RULES}
VALUES = [pattern for name in ("references", "expressions", "names", "samples") for pattern in CREDENTIALS[name]]
EXCLUDED = [pattern for group in PATTERNS["exclude"] for pattern in group["patterns"]]
DISGUISES = [value for value in PATTERNS["disguises"].values() if isinstance(value, str)]
ALL = [*NAMED.values(), *EXCLUDED, *DISGUISES, PATTERNS["term_gap"], *VALUES]
DOMAINS = json.loads((PROTO / "rules/domains.json").read_text())


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
    assert len(NAMED) == len(RULES)
    for rule in RULES:
        context = rule.get("context", {})
        words = [*rule.get("keywords", ()), *context.get("words", ()), *context.get("whole_words", ())]
        words += rule.get("not_after", ())
        assert all(word == word.lower() for word in words), rule["name"]
        if rule["validator"] == "ip":
            assert [ipaddress.ip_network(network) for network in rule["not_private"]]


def test_loaded_rules_are_those_of_the_file() -> None:
    loaded = rules.load_rules()
    assert loaded.version == PATTERNS["rules_version"]
    assert [rule.name for rule in loaded.patterns] == list(NAMED)
    assert set(loaded.priority) == set(EntityType)
    assert {rule.validator for rule in loaded.patterns} == set(CHECKS)
    assert {rule.scheme for rule in loaded.patterns if rule.validator == "scheme"} == set(SCHEMES) | set(
        CRYPTO_ADDRESSES
    )
    assert {rule.name for rule in loaded.patterns if rule.validator == "scheme" and not rule.scheme} == set()
    assert loaded.patterns[-1] is not None and loaded is rules.load_rules()


def test_missing_rules_fail_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_files, "RULES_PACKAGE", "upcall.protocol.nothing")
    with pytest.raises(RedactionError, match="cannot be read"):
        rules.load_rules.__wrapped__()


def test_broken_rules_fail_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "read_rules", lambda name: {"rules_version": "1"})
    with pytest.raises(RedactionError, match="KeyError"):
        rules.load_rules.__wrapped__()


def test_a_rule_that_needs_context_has_some() -> None:
    assert all(rule.context for rule in rules.load_rules().patterns if rule.needs_context)


def test_international_domains_are_listed_in_both_forms() -> None:
    encoded = {name.encode("idna").decode() for name in DOMAINS["international"]}
    assert encoded == {name for name in DOMAINS["delegated"] if name.startswith("xn--")}
    loaded = rules.load_rules().top_level_domains
    assert {"com", "de", "рф", "xn--p1ai", "local", "example"} <= loaded
    assert loaded.isdisjoint({"png", "tar", "jpg", "txt"})


@pytest.mark.parametrize("text", ["tel 1", "Tel: 1", "(tel)1", "userTel 1", "telefon 1", "my\ntel\n1", "été tel 1"])
def test_context_begins_a_word(text: str) -> None:
    assert _context().near(text, len(text) - 1, len(text))


@pytest.mark.parametrize("text", ["hotel 1", "1tel 1", "étel 1", "", "aged 1", "page 1", "tel far from the number 1"])
def test_no_context_inside_a_word(text: str) -> None:
    assert not _context().near(text, max(0, len(text) - 1), len(text))


@pytest.mark.parametrize(("text", "near"), [("age 1", True), ("AGE:1", True), ("ages 1", False), ("1 age", True)])
def test_whole_words(text: str, near: bool) -> None:
    place = text.index("1")
    assert _context().near(text, place, place + 1) is near


def _context() -> rules.Context:
    return rules.Context(["tel"], ["age"], before=12, after=6)


def test_prefilter_never_leaves_out_a_rule_that_matches() -> None:
    prefilter = rules.load_rules().prefilter
    for name in ("redaction.json", "redaction_detect.json"):
        for case in json.loads((PROTO / "vectors" / name).read_text())["detect"]:
            text = case["text"].encode("utf-8", "replace").decode()
            kept = {rule.name for rule in prefilter.candidates(text)}
            for rule in rules.load_rules().patterns:
                digits = sum(map(text.count, "0123456789"))
                words = rule.keywords or (rule.context.words if rule.context and rule.needs_context else ())
                wanted = rule.digits <= digits and (not words or any(word in text.lower() for word in words))
                if wanted and rule.pattern.search(text):
                    assert rule.name in kept, case["name"]


def test_prefilter_sees_every_keyword_in_a_long_text() -> None:
    loaded = rules.load_rules()
    words = [word for rule in loaded.patterns for word in rule.keywords]
    text = " ".join(words) + " 0123456789 0123456789" + " filler" * 100_000
    kept = {rule.name for rule in loaded.prefilter.candidates(text)}
    assert {rule.name for rule in loaded.patterns if rule.keywords} <= kept


def test_a_failing_set_is_an_error_not_an_empty_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_SET_MEMORY", 1 << 12)
    with pytest.raises((RuntimeError, re2.error)):
        rules.Prefilter(rules.load_rules().patterns).candidates("a 1")
