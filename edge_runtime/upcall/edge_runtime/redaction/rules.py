"""The detection rules: data under proto/rules, shared with every other language, loaded once."""

from __future__ import annotations

import functools
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import re2

from upcall.edge_runtime.errors import RedactionError
from upcall.edge_runtime.redaction.characters import CharacterTable, character_table
from upcall.edge_runtime.redaction.entities import EntityType

RULES_PACKAGE = "upcall.protocol.rules"


@dataclass(frozen=True, slots=True)
class Context:
    """Words near a candidate: lower-case, looked for in so many characters before and after it."""

    words: tuple[str, ...]
    before: int
    after: int

    def near(self, text: str, start: int, end: int) -> bool:
        """Whether one of the words stands near [start, end)."""
        around = f"{text[max(0, start - self.before) : start]}\n{text[end : end + self.after]}".lower()
        return any(word in around for word in self.words)


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern with its gates; the meaning of each field stands in proto/schema/rules_patterns.schema.json."""

    name: str
    entity_type: EntityType
    pattern: Any = field(repr=False)
    validator: str
    keywords: tuple[str, ...] = ()
    edges: str = "both"
    context: Context | None = None
    needs_context: bool = False
    not_after: tuple[str, ...] = ()
    not_private: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    min_length: int = 1
    min_entropy: float = 0.0

    def may_match(self, lowered: str) -> bool:
        """Whether the lower-cased text holds one of the keywords; many times cheaper than the pattern."""
        return not self.keywords or any(keyword in lowered for keyword in self.keywords)

    def has_context(self, text: str, start: int, end: int) -> bool:
        """Whether one of the words of the rule stands near [start, end)."""
        return self.context is not None and self.context.near(text, start, end)


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything in proto/rules.

    Args:
        version: of the data, as reported to the service.
        patterns: in the order of the file.
        priority: rank of each type where equally long spans overlap, lower wins.
        exclude: patterns of text that only looks like a number of ``excluded_types`` (dates, UUIDs, coordinates).
        card_prefixes: issuer prefix to the lengths issued, digits.
        iban_lengths: country to length, characters.
        phone_regions: regions whose national numbers are looked for by default, ISO 3166 alpha-2.
        characters: for the shadow copy.
    """

    version: str
    patterns: tuple[Rule, ...] = field(repr=False)
    priority: Mapping[EntityType, int] = field(repr=False)
    exclude: tuple[Any, ...] = field(repr=False)
    excluded_types: frozenset[EntityType] = field(repr=False)
    card_prefixes: Mapping[str, frozenset[int]] = field(repr=False)
    iban_lengths: Mapping[str, int] = field(repr=False)
    phone_regions: tuple[str, ...]
    characters: CharacterTable = field(repr=False)


@functools.cache
def load_rules() -> Rules:
    """Read and compile the rules that come with this version, once for the process (tens of milliseconds).

    Raises:
        RedactionError: a file is missing or does not follow its schema.
    """
    try:
        patterns = _read("patterns.json")
        return Rules(
            version=patterns["rules_version"],
            patterns=tuple(_rule(entry) for entry in patterns["rules"]),
            priority={EntityType(name): rank for rank, name in enumerate(patterns["priority"])},
            exclude=tuple(re2.compile(pattern) for pattern in patterns["exclude"]["patterns"]),
            excluded_types=frozenset(EntityType(name) for name in patterns["exclude"]["entity_types"]),
            card_prefixes=_card_prefixes(_read("cards.json")),
            iban_lengths=_read("iban.json")["lengths"],
            phone_regions=tuple(patterns["phone_regions"]),
            characters=character_table(_read("characters.json")),
        )
    except (OSError, ImportError, ValueError, KeyError, TypeError, re2.error) as error:
        raise RedactionError(
            f"The redaction rules cannot be read ({type(error).__name__}).", next_step="install upcall again"
        ) from error


def _read(name: str) -> dict[str, Any]:
    # Not importlib.resources: before Python 3.13 it refuses a namespace package of an editable install, whose path also holds
    # an entry that is no folder.
    spec = importlib.util.find_spec(RULES_PACKAGE)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        raise FileNotFoundError(name)
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise TypeError(f"{name} is not an object")
    return data


def _rule(entry: Mapping[str, Any]) -> Rule:
    given: dict[str, Any] = dict(entry)
    context = given.pop("context", None)
    return Rule(
        name=given.pop("name"),
        entity_type=EntityType(given.pop("entity_type")),
        pattern=re2.compile(given.pop("pattern")),
        validator=given.pop("validator"),
        context=Context(tuple(context["words"]), context["before"], context["after"]) if context else None,
        needs=frozenset(given.pop("needs", ())),
        **_tuples(given),
    )


def _tuples(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


def _card_prefixes(data: Mapping[str, Any]) -> dict[str, frozenset[int]]:
    lengths: dict[str, frozenset[int]] = {}
    for brand in data["brands"]:
        for item in brand["prefixes"]:
            low, _, high = item.partition("-")
            for prefix in range(int(low), int(high or low) + 1):
                lengths[str(prefix)] = lengths.get(str(prefix), frozenset()) | frozenset(brand["lengths"])
    return lengths
