"""proto/rules/names.json as it is loaded; its schema is checked with that of the other rules."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import re2

from upcall.edge_runtime.errors import RedactionError
from upcall.edge_runtime.redaction.names import rules as names_rules
from upcall.edge_runtime.redaction.placeholders import BLANK

DATA = json.loads((Path(__file__).parents[4] / "proto/rules/names.json").read_text())
FORMS = ("address_forms", "name_forms", "home_folders", "code_lines")
LISTS = [name for name, value in DATA.items() if isinstance(value, list) and name not in (*FORMS, "unread_scripts")]


def test_loaded_once() -> None:
    rules = names_rules.load_name_rules()
    assert rules.version == DATA["names_version"] and rules is names_rules.load_name_rules()


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_lower_case(name: str) -> None:
    assert [word for word in DATA[name] if word != word.lower()] == []


def test_unread_scripts_are_in_order() -> None:
    ends = [int(end, 16) for _, *pair in DATA["unread_scripts"] for end in pair]
    assert ends == sorted(ends)


@pytest.mark.parametrize("pattern", [pattern for name in FORMS for pattern in DATA[name]])
def test_forms_keep_to_what_all_engines_share(pattern: str) -> None:
    assert not re.search(r"\(\?<?[=!]|\\[1-9]|\\[pPBbwWdDCX]|\(\?i\)", pattern)
    compiled = re2.compile(pattern)
    assert compiled.search("") is None and compiled.search(BLANK * 50) is None


def test_missing_and_broken_rules_fail_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names_rules, "read_rules", lambda name: {"names_version": "1"})
    with pytest.raises(RedactionError, match="KeyError"):
        names_rules.load_name_rules.__wrapped__()
