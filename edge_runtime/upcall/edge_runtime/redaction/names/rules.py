"""What names are made of: labels, thresholds and cue words under proto/rules, shared with every other language, loaded once."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import re2

from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.rule_files import read_rules, unreadable


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the model's mass on all private labels together must exceed, 0 to 1, for a word to be private.

    Args:
        name: capitalised words; all words of a text without a capital letter or without a small one.
        first: words that begin a sentence and are likeliest a name of a person, where capitals say something; and common words.
        lower: words of small letters in texts with both.
        number: words with a digit.
        identifier: words whose likeliest label is one that rules find too: numbers of accounts, papers and telephones.
        beside: words that touch a found word of the same type.
    """

    name: float
    first: float
    lower: float
    number: float
    identifier: float
    beside: float


@dataclass(frozen=True, slots=True)
class EvidenceLimits:
    """How much must speak for a private person, and how near to a name it must stand.

    Args:
        cue_words: words before a name in which a cue such as "dear" may stand.
        residence_words: words before a place in which one such as "live" may stand.
        phrase_words: most words of a public name.
        address_words, address: fewest words, and the mass that they must exceed, of an address without a word for a street.
        cue: what the mass of a name must exceed with a cue, unless it is a given name.
        pair: what the mass of a name of several words must exceed without a cue, where nothing is asked.
        alone: what that of one word must exceed without a cue, in a text that is no question.
        place: what that of a place must exceed without a word such as "live", in a text that is no question.
        question: the same as alone in a question or an order.
        given: what that of a given name must exceed there.
        alone_small: the same where a text has small letters only.
        personal: what that of a name that may be an everyday word must exceed in a text about people.
    """

    cue_words: int
    residence_words: int
    phrase_words: int
    address_words: int
    cue: float
    pair: float
    alone: float
    alone_small: float
    question: float
    given: float
    place: float
    personal: float
    address: float


@dataclass(frozen=True, slots=True)
class NameRules:
    """Everything in proto/rules/names.json; the meaning of each field stands in proto/schema/rules_names.schema.json."""

    version: str
    window_characters: int
    window_overlap: int
    labels: Mapping[str, EntityType | None] = field(repr=False)
    thresholds: Thresholds
    gap_characters: int
    gap_words: int
    address_forms: tuple[Any, ...] = field(repr=False)
    honorifics: frozenset[str] = field(repr=False)
    particles: frozenset[str] = field(repr=False)
    organisation_suffixes: frozenset[str] = field(repr=False)
    common_words: frozenset[str] = field(repr=False)
    countries: frozenset[str] = field(repr=False)
    postcode_words: tuple[str, ...] = field(repr=False)
    street_words: frozenset[str] = field(repr=False)
    identifier_words: tuple[str, ...] = field(repr=False)
    counted_words: frozenset[str] = field(repr=False)
    evidence: EvidenceLimits
    given_names: frozenset[str] = field(repr=False)
    public_names: frozenset[str] = field(repr=False)
    everyday_words: frozenset[str] = field(repr=False)
    person_words: frozenset[str] = field(repr=False)
    personal_words: frozenset[str] = field(repr=False)
    residence_words: frozenset[str] = field(repr=False)
    street_endings: tuple[str, ...] = field(repr=False)
    question_words: frozenset[str] = field(repr=False)
    person_verbs: frozenset[str] = field(repr=False)
    public_before: frozenset[str] = field(repr=False)
    public_behind: frozenset[str] = field(repr=False)
    eponym_heads: frozenset[str] = field(repr=False)
    code_lines: tuple[Any, ...] = field(repr=False)
    cue_score: float
    unread_scripts: tuple[tuple[int, int], ...] = field(repr=False)
    name_forms: tuple[Any, ...] = field(repr=False)
    home_folders: tuple[Any, ...] = field(repr=False)
    generic_accounts: frozenset[str] = field(repr=False)


@functools.cache
def load_name_rules() -> NameRules:
    """Read the rules for names that come with this version, once for the process.

    Raises:
        RedactionError: the file is missing or does not follow its schema.
    """
    try:
        data = read_rules("names.json")
        return NameRules(
            version=data["names_version"],
            window_characters=data["window"]["characters"],
            window_overlap=data["window"]["overlap"],
            labels={name: None if kind is None else EntityType(kind) for name, kind in data["labels"].items()},
            thresholds=Thresholds(**data["thresholds"]),
            gap_characters=data["address_gap"]["characters"],
            gap_words=data["address_gap"]["words"],
            address_forms=tuple(re2.compile(pattern) for pattern in data["address_forms"]),
            honorifics=frozenset(data["honorifics"]),
            particles=frozenset(data["particles"]),
            organisation_suffixes=frozenset(data["organisation_suffixes"]),
            common_words=frozenset(data["common_words"]),
            countries=frozenset(data["countries"]),
            postcode_words=tuple(data["postcode_words"]),
            street_words=frozenset(data["street_words"]),
            identifier_words=tuple(data["identifier_words"]),
            counted_words=frozenset(data["counted_words"]),
            evidence=EvidenceLimits(**data["evidence"]),
            given_names=frozenset(data["given_names"]),
            public_names=frozenset(data["public_names"]),
            everyday_words=frozenset(data["everyday_words"]),
            person_words=frozenset(data["person_words"]),
            personal_words=frozenset(data["personal_words"]),
            residence_words=frozenset(data["residence_words"]),
            street_endings=tuple(data["street_endings"]),
            question_words=frozenset(data["question_words"]),
            person_verbs=frozenset(data["person_verbs"]),
            public_before=frozenset(data["public_before"]),
            public_behind=frozenset(data["public_behind"]),
            eponym_heads=frozenset(data["eponym_heads"]),
            code_lines=tuple(re2.compile(pattern) for pattern in data["code_lines"]),
            cue_score=data["cue_score"],
            unread_scripts=tuple((int(low, 16), int(high, 16)) for _, low, high in data["unread_scripts"]),
            name_forms=tuple(re2.compile(pattern) for pattern in data["name_forms"]),
            home_folders=tuple(re2.compile(pattern) for pattern in data["home_folders"]),
            generic_accounts=frozenset(data["generic_accounts"]),
        )
    except (OSError, ImportError, ValueError, KeyError, TypeError, re2.error) as error:
        raise unreadable("The rules for names", error) from error
