"""The detection rules: data under proto/rules, shared with every other language, loaded once."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import re2

from upcall.edge_runtime.redaction.characters import CharacterTable, character_table
from upcall.edge_runtime.redaction.credentials import CredentialValues, expanded
from upcall.edge_runtime.redaction.disguises import Disguises
from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.rule_files import read_rules, unreadable
from upcall.edge_runtime.redaction.structure.columns import Siblings
from upcall.edge_runtime.redaction.structure.labels import LONGEST_LABEL, Labels

_SET_MEMORY = 1 << 24  # bytes, so that no text makes the automaton of a set start over too often


_LETTER = r"0-9a-z\x{DF}-\x{24F}\x{370}-\x{52F}"
_HUMP = re2.compile("([a-z])([A-Z])")
_INNER_SPACE = re.compile(
    r"\\ (?=.)"
)  # of an escaped word; in names of fields it may be written otherwise, or left out


class Context:
    """Words near a candidate, looked for in so many characters before and after it.

    Args:
        words: lower-case beginnings of words.
        whole_words: lower-case, only as whole words.
        before, after: characters, ≥ 0.
    """

    def __init__(self, words: Iterable[str], whole_words: Iterable[str], *, before: int, after: int) -> None:
        self.begun, self.whole = tuple(words), tuple(whole_words)
        self.words = (*self.begun, *self.whole)
        self._before = before
        self._after = after
        begun = "|".join(_INNER_SPACE.sub("[ _-]", re2.escape(word)) for word in self.begun)
        whole = "|".join(_INNER_SPACE.sub("[ _-]", re2.escape(word)) for word in self.whole)
        ends = [begun] if begun else []
        ends += [f"(?:{whole})(?:[^{_LETTER}]|$)"] if whole else []
        self._pattern = re2.compile(f"(?:^|[^{_LETTER}])(?:{'|'.join(ends)})")

    def near(self, text: str, start: int, end: int) -> bool:
        """Whether one of the words stands near [start, end). In ``cardNumber`` there are two words."""
        around = f"{text[max(0, start - self._before) : start]}\n{text[end : end + self._after]}"
        return self._pattern.search(_HUMP.sub(r"\1 \2", around).lower()) is not None


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern with its gates; the meaning of each field stands in proto/schema/rules_patterns.schema.json."""

    name: str
    entity_type: EntityType
    source: str = field(repr=False)
    pattern: Any = field(repr=False)
    validator: str
    scheme: str = ""
    keywords: tuple[str, ...] = ()
    digits: int = 0
    edges: str = "both"
    alone: bool = False
    context: Context | None = None
    needs_context: bool = False
    not_after: tuple[str, ...] = ()
    not_after_unless: tuple[str, ...] = ()
    not_private: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    min_length: int = 1
    min_entropy: float = 0.0

    def has_context(self, text: str, start: int, end: int) -> bool:
        """Whether one of the words of the rule stands near [start, end)."""
        return self.context is not None and self.context.near(text, start, end)


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """Text that only looks like something private.

    Args:
        entity_types: what it is not.
        patterns: of it.
        cuts: whether no finding may reach into it; otherwise none may lie inside it.
    """

    entity_types: frozenset[EntityType]
    patterns: tuple[Any, ...] = field(repr=False)
    cuts: bool


class _Set:
    """Patterns of which one pass over a text tells those that match in it.

    Args:
        patterns: RE2.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        options = re2.Options()
        options.max_mem = _SET_MEMORY
        self._set = re2.Set.SearchSet(options)
        # RE2 answers a failure (out of memory) like a text without a match, so the first pattern matches every text.
        for pattern in ("", *patterns):
            self._set.Add(pattern)
        self._set.Compile()

    def matching(self, text: str) -> list[int]:
        """Numbers of the patterns that match somewhere, in any order.

        Raises:
            RuntimeError: the automaton failed.
        """
        found = self._set.Match(text) or ()
        if 0 not in found:
            raise RuntimeError("the set of patterns failed")
        return [number - 1 for number in found if number]


class Prefilter:
    """Says in two passes over a text which rules can match in it, however many rules there are.

    One pass looks for the keywords of all rules (for a rule that needs context, its context words stand in), the other for the
    patterns of the rules that have none.

    Args:
        rules: in their order.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._without_words: list[int] = []
        owners: dict[str, list[int]] = {}
        for number, rule in enumerate(self._rules):
            words = rule.keywords or (rule.context.words if rule.context and rule.needs_context else ())
            for word in words:
                owners.setdefault(word, []).append(number)
            if not words:
                self._without_words.append(number)
        self._owners = list(owners.values())
        self._words = _Set(_INNER_SPACE.sub("[ _-]?", re2.escape(word)) for word in owners)
        self._patterns = _Set(self._rules[number].source for number in self._without_words)

    def candidates(self, text: str) -> list[Rule]:
        """Rules that can match in a text, in their order.

        Raises:
            RuntimeError: RE2 failed.
        """
        digits = sum(map(text.count, "0123456789"))
        numbers = {self._without_words[found] for found in self._patterns.matching(text)}
        for found in self._words.matching(text.lower()):
            numbers.update(self._owners[found])
        return [self._rules[number] for number in sorted(numbers) if self._rules[number].digits <= digits]


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything in proto/rules.

    Args:
        version: of the data, as reported to the service.
        patterns: in the order of the file.
        priority: rank of each type where equally long spans overlap, lower wins.
        exclude: text that only looks like a number of some types (dates, UUIDs, coordinates, versions).
        card_prefixes: issuer prefix to the lengths issued, digits.
        iban_lengths: country to length, characters.
        iban_numeric: countries whose accounts are digits only.
        phone_regions: regions whose national numbers are looked for by default, ISO 3166 alpha-2.
        characters: for the shadow copy.
        disguises: patterns of escapes, spelled-out and encoded text.
        top_level_domains: in lower case, Unicode for the international ones.
        labels: of columns, lists and keys, which stand for the context of their values.
        siblings: when the other values of a column are what some were found to be.
        months: for January to December, lower-case beginnings of their names.
        term_gap: matches what may stand in a text where a term of the user has a blank.
        credential_values: what a value beside a word such as "password" is not.
    """

    version: str
    patterns: tuple[Rule, ...] = field(repr=False)
    priority: Mapping[EntityType, int] = field(repr=False)
    exclude: tuple[LookAlikes, ...] = field(repr=False)
    card_prefixes: Mapping[str, frozenset[int]] = field(repr=False)
    iban_lengths: Mapping[str, int] = field(repr=False)
    iban_numeric: frozenset[str] = field(repr=False)
    phone_regions: tuple[str, ...]
    characters: CharacterTable = field(repr=False)
    disguises: Disguises = field(repr=False)
    top_level_domains: frozenset[str] = field(repr=False)
    labels: Labels = field(repr=False)
    siblings: Siblings = field(repr=False)
    months: tuple[tuple[str, ...], ...] = field(repr=False)
    credential_values: CredentialValues = field(repr=False)
    term_gap: Any = field(repr=False)
    prefilter: Prefilter = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "prefilter", Prefilter(self.patterns))


@functools.cache
def load_rules() -> Rules:
    """Read and compile the rules that come with this version, once for the process (tens of milliseconds).

    Raises:
        RedactionError: a file is missing or does not follow its schema.
    """
    try:
        patterns, iban, tables, credentials = map(
            read_rules, ("patterns.json", "iban.json", "tables.json", "credentials.json")
        )
        rules = tuple(_rule(entry) for entry in (*patterns["rules"], *_credential_rules(credentials)))
        return Rules(
            version=patterns["rules_version"],
            patterns=rules,
            term_gap=re2.compile(patterns["term_gap"]),
            credential_values=CredentialValues.of(credentials),
            priority={EntityType(name): rank for rank, name in enumerate(patterns["priority"])},
            exclude=tuple(map(_look_alikes, patterns["exclude"])),
            card_prefixes=_card_prefixes(read_rules("cards.json")),
            iban_lengths=iban["lengths"],
            iban_numeric=frozenset(iban["numeric"]),
            phone_regions=tuple(patterns["phone_regions"]),
            characters=character_table(read_rules("characters.json"), read_rules("unicode.json")),
            disguises=_disguises(patterns["disguises"]),
            top_level_domains=_domains(read_rules("domains.json")),
            labels=_labels(tables, rules),
            siblings=_siblings(tables["siblings"]),
            months=tuple(tuple(names) for names in patterns["months"]),
        )
    except (OSError, ImportError, ValueError, KeyError, TypeError, re2.error) as error:
        raise unreadable("The redaction rules", error) from error


def _domains(data: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(name for group in ("delegated", "international", "private") for name in data[group])


def _credential_rules(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in data["rules"]:
        yield {**entry, "pattern": expanded(entry["pattern"], data["words"])}


def _look_alikes(entry: Mapping[str, Any]) -> LookAlikes:
    types = frozenset(map(EntityType, entry["entity_types"]))
    return LookAlikes(types, tuple(map(re2.compile, entry["patterns"])), cuts=entry["cuts"])


def _disguises(given: Mapping[str, Any]) -> Disguises:
    patterns = {name: re2.compile(pattern) for name, pattern in given.items() if name != "entities"}
    return Disguises(**patterns, entities=given["entities"])


def _labels(tables: Mapping[str, Any], rules: Iterable[Rule]) -> Labels:
    contexts = [rule.context for rule in rules if rule.context]
    given, weak = tables["labels"], frozenset(tables["weak"])
    begun = [*given["words"], *(word for context in contexts for word in context.begun)]
    whole = [*given["whole_words"], *(word for context in contexts for word in context.whole)]
    return Labels(
        Context(
            [word for word in dict.fromkeys(begun) if word not in weak],
            [word for word in dict.fromkeys(whole) if word not in weak],
            before=LONGEST_LABEL,
            after=0,
        ).near,
        not_private=tables["not_private"],
        general=tables["general"],
        columns=tables["columns"],
        makers=tables["makers"],
        versions=tables["versions"],
    )


def _siblings(given: Mapping[str, Any]) -> Siblings:
    return Siblings(frozenset(map(EntityType, given["entity_types"])), given["fewest"], given["share"])


def _rule(entry: Mapping[str, Any]) -> Rule:
    given: dict[str, Any] = dict(entry)
    context = given.pop("context", None)
    return Rule(
        name=given.pop("name"),
        entity_type=EntityType(given.pop("entity_type")),
        source=given["pattern"],
        pattern=re2.compile(given.pop("pattern")),
        validator=given.pop("validator"),
        context=_context(context) if context else None,
        needs=frozenset(given.pop("needs", ())),
        **_tuples(given),
    )


def _context(entry: Mapping[str, Any]) -> Context:
    words, whole_words = entry.get("words", ()), entry.get("whole_words", ())
    return Context(words, whole_words, before=entry["before"], after=entry["after"])


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
