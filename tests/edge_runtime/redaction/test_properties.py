"""Proofs by example: whatever the text, however it is cut."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.properties import (
    FRAGMENTS,
    check_conversation,
    check_finder,
    check_forged,
    check_json,
    check_stream,
    check_text,
)
from upcall.edge_runtime.redaction import EntityType
from upcall.edge_runtime.redaction.entities import Span

texts = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=6)), max_size=10).map("".join)
any_text = st.text(st.characters(codec=None), max_size=40)  # lone surrogates, too
cuts = st.lists(st.integers(0, 150), max_size=6)


@given(st.one_of(texts, any_text), cuts)
def test_a_text_comes_back_whole(text: str, cuts: list[int]) -> None:
    check_text(text, cuts)


@given(st.one_of(texts, any_text))
def test_forged_placeholders_are_never_restored(text: str) -> None:
    check_forged(text)
    check_forged(f"{text} [[EMAIL_2_zz]] [[PERSON_1_zz]]")


@given(
    st.one_of(texts, any_text),
    st.lists(st.tuples(st.integers(0, 80), st.integers(1, 30), st.sampled_from(EntityType)), max_size=6),
)
def test_whatever_a_finder_claims_comes_back(text: str, claims: list[tuple[int, int, EntityType]]) -> None:
    check_finder(text, claims)


@given(st.lists(texts, max_size=4))
def test_a_conversation_keeps_its_placeholders(texts: list[str]) -> None:
    check_conversation(texts)


@given(st.one_of(texts, st.dictionaries(texts, st.one_of(texts, st.just(4111111111111111))).map(json.dumps)), cuts)
def test_json_stays_json(text: str, cuts: list[int]) -> None:
    check_json(text, cuts)


@given(st.one_of(texts, any_text), cuts)
def test_an_answer_of_any_form(text: str, cuts: list[int]) -> None:
    check_stream(text, cuts)


def _luhn(digits: str) -> str:
    total = sum(sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(reversed(f"{digits}0")))
    return digits + str(-total % 10)


def _iban(country: str, account: str) -> str:
    letters = "".join(str(int(character, 36)) for character in f"{account}{country}00")
    return f"{country}{98 - int(letters) % 97:02d}{account}"


def _grouped(text: str, separator: str) -> str:
    return separator.join(text[start : start + 4] for start in range(0, len(text), 4))


digits = st.text("0123456789", min_size=14, max_size=14)
cards = st.builds(
    lambda head, rest, separator: _grouped(_luhn(f"{head}{rest[: 15 - len(head)]}"), separator),
    st.sampled_from(["4", "51", "2221", "6011"]),
    digits,
    st.sampled_from(["", " ", "-"]),
)
ibans = st.builds(
    lambda account, is_german, separator: _grouped(
        _iban("DE", f"{account}0000"[:18]) if is_german else _iban("NL", f"ABNA{account[:10]}"), separator
    ),
    digits,
    st.booleans(),
    st.sampled_from(["", " "]),
)
emails = st.builds(
    lambda name, host: f"{name}@{host}.example.com",
    st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[a-z]{2,6})?", fullmatch=True),
    st.from_regex(r"[a-z]{2,8}", fullmatch=True),
)
addresses = st.tuples(st.integers(11, 99), *[st.integers(0, 255)] * 3).map(lambda parts: ".".join(map(str, parts)))
ssns = st.builds(
    lambda a, g, s: f"{a:03d}-{g:02d}-{s:04d}", st.integers(100, 665), st.integers(1, 99), st.integers(1, 9999)
)
tokens = st.text("0123456789abcdefABCDEF", min_size=36, max_size=36).map(lambda text: f"ghp_{text}")
planted = st.one_of(
    *(
        st.tuples(values, st.just(entity_type))
        for values, entity_type in (
            (cards, EntityType.CREDIT_CARD),
            (ibans, EntityType.IBAN),
            (emails, EntityType.EMAIL),
            (addresses, EntityType.IP_ADDRESS),
            (ssns, EntityType.US_SSN),
            (tokens, EntityType.SECRET),
        )
    )
)
words = st.sampled_from(
    ["Please", "send", "it", "über", "naïve", "東京", "😀", "мир", "the", "house", "e\u0301t\u0301"]
)
borders = st.sampled_from([" ", ", ", "\n", " (", ") ", ' "', '" ', " 😀 ", "\t"])


@given(st.lists(st.tuples(words, borders, planted, borders), min_size=1, max_size=5))
def test_no_character_of_a_planted_value_leaves(parts: list[tuple[str, str, tuple[str, EntityType], str]]) -> None:
    text = ""
    gold: list[tuple[int, int, EntityType]] = []
    for word, before, (value, entity_type), after in parts:
        text += word + before
        gold.append((len(text), len(text) + len(value), entity_type))
        text += value + after
    redacted = check_text(text)
    for start, end, entity_type in gold:
        assert _covered(redacted.spans, start, end), (text[start:end], entity_type)
        assert text[start:end] not in redacted.masked


def _covered(spans: Sequence[Span], start: int, end: int) -> bool:
    return set(range(start, end)) <= {place for span in spans for place in range(span.start, span.end)}


def test_a_value_with_what_placeholders_are_blanked_with_reaches_into_none() -> None:
    pair = "\U0001f469\u200d\U0001f469"
    check_finder(f"{pair}\0{pair * 12} ", [(3, 4, EntityType.IBAN)])
