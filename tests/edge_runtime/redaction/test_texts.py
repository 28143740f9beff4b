from __future__ import annotations

import time

import pytest

from upcall.edge_runtime.errors import RedactionError
from upcall.edge_runtime.redaction import Action, Detector, EntityType, Policy, Span, Vault, redact, restore
from upcall.edge_runtime.redaction.placeholders import find_placeholders


def test_what_would_leave_and_back() -> None:
    vault = Vault(nonce="k7")
    text = "Write to alice@example.com or alice@example.com, from 192.0.2.1."
    redacted = redact(text, vault=vault)
    assert redacted.masked == "Write to [[EMAIL_1_k7]] or [[EMAIL_1_k7]], from [[IP_ADDRESS_1_k7]]."
    assert [(text[span.start : span.end], span.entity_type) for span in redacted.spans] == [
        ("alice@example.com", EntityType.EMAIL),
        ("alice@example.com", EntityType.EMAIL),
        ("192.0.2.1", EntityType.IP_ADDRESS),
    ]
    assert all(span.score == 1.0 for span in redacted.spans)
    assert redacted.counts == {EntityType.EMAIL: 1, EntityType.IP_ADDRESS: 1}
    assert redacted.vault is vault
    assert restore(redacted.masked, vault) == text
    assert "alice" not in repr(redacted)


def test_a_vault_of_its_own_by_default() -> None:
    redacted = redact("alice@example.com")
    assert restore(redacted.masked, redacted.vault) == "alice@example.com"
    assert redact("nothing here").spans == ()


def test_a_mention_is_told_with_the_rule_that_found_it_where_one_did() -> None:
    spans = redact("password: hunter22, again hunter22").spans
    assert [span.detector for span in spans][1] == "mention"
    assert spans[0].detector != "mention"


def test_blocked_is_told_and_sends_nothing() -> None:
    text = "alice@example.com, password: hunter22"
    redacted = redact(text, policy=Policy({EntityType.SECRET: Action.BLOCK}))
    assert redacted.blocked == {EntityType.SECRET}
    assert not redacted.masked and not redacted.counts
    assert [text[span.start : span.end] for span in redacted.spans] == ["alice@example.com", "hunter22"]


def test_a_corpus_line_remembers_nothing_of_the_others() -> None:
    vault = Vault(nonce="k7")
    redact("password: hunter22", vault=vault)
    assert redact("say hunter22", vault=vault, remembers=False).masked == "say hunter22"
    assert redact("say hunter22", vault=vault).masked == "say [[SECRET_1_k7]]"


def test_what_hides_behind_an_escape_is_found() -> None:
    text = r'Send {"to": "alice\u0040example.com"} and \"4111\u00201111 1111 1111\"'
    redacted = redact(text, vault=Vault(nonce="k7"))
    assert redacted.masked == r'Send {"to": "[[EMAIL_1_k7]]"} and \"[[CREDIT_CARD_1_k7]]\"'
    assert restore(redacted.masked, redacted.vault) == text


class _Finder:
    """A name finder that is told what to find at the beginning of a text."""

    version = "told"

    def __init__(self, **told: EntityType) -> None:
        self._told = told

    def spans(self, text: str) -> list[Span]:
        return [
            Span(0, len(word), entity_type, "told", 0.5)
            for word, entity_type in self._told.items()
            if text.startswith(word)
        ]


def test_a_name_is_masked_elsewhere_as_a_whole_word_only() -> None:
    detector = Detector(names=_Finder(Ann=EntityType.PERSON))
    redacted = redact("Ann asks: is Ann in the Annual report? No, Ann.", detector=detector, vault=Vault(nonce="k7"))
    assert redacted.masked == "[[PERSON_1_k7]] asks: is [[PERSON_1_k7]] in the Annual report? No, [[PERSON_1_k7]]."
    assert {span.score for span in redacted.spans} == {0.5, 1.0}


@pytest.mark.parametrize(
    ("word", "entity_type"),
    [("34", EntityType.AGE), ("12", EntityType.ADDRESS), ("J", EntityType.PERSON), ("abc", EntityType.SECRET)],
)
def test_a_short_value_is_not_private_elsewhere(word: str, entity_type: EntityType) -> None:
    detector = Detector(names=_Finder(**{word: entity_type}))
    masked = redact(f"{word} then {word}", detector=detector, vault=Vault(nonce="k7")).masked
    assert masked.count(word) == 1


class _Broken:
    version = "broken"

    def spans(self, text: str) -> list[Span]:
        raise ValueError(text)


def test_a_detector_that_fails_gives_nothing_out() -> None:
    with pytest.raises(RedactionError) as caught:
        redact("alice@example.com", detector=Detector(names=_Broken()))
    assert "alice" not in str(caught.value) and caught.value.__context__ is None


class _Greedy:
    version = "greedy"

    def spans(self, text: str) -> list[Span]:
        return [Span(0, len(text), EntityType.PERSON, "greedy")]


def test_a_finder_that_reaches_over_placeholders_does_not_nest_them() -> None:
    detector = Detector(names=_Greedy())
    vault = Vault(nonce="k7")
    text = "x [[EMAIL_1_zz]] alice@example.com y"
    redacted = redact(text, detector=detector, vault=vault)
    assert restore(redacted.masked, vault) == text
    assert not any(list(find_placeholders(value)) for _, value in vault.values)
    assert "alice" not in redacted.masked


@pytest.mark.parametrize(
    "text",
    [
        "\ud800alice@example.com\udfff",
        "\x00alice@example.com\x00",
        "مرحبا \u202ealice@example.com\u202c שלום",
        "👩‍👩‍👧alice@example.com🏳️‍🌈 ❤️",
        "e\u0301 alice@example.com e\u0301\u0327",
        "[[alice@example.com]] [[EMAIL_1_k7]] [[ [[EMAIL_1_k7]] ]]",
        "\ufeffalice@example.com\r\n\x1b[0m",
    ],
)
def test_bad_input_is_masked_and_comes_back(text: str) -> None:
    vault = Vault(nonce="k7")
    redacted = redact(text, vault=vault)
    assert "alice" not in redacted.masked
    assert restore(redacted.masked, vault) == text


def test_a_megabyte_takes_linear_time() -> None:
    text = "".join(f"Line {number}: write to user{number}@example.com today.\n" for number in range(20_000))
    started = time.process_time()
    redacted = redact(text, vault=(vault := Vault()))
    assert restore(redacted.masked, vault) == text
    assert redacted.counts == {EntityType.EMAIL: 20_000}
    assert time.process_time() - started < 60  # measured below 10 s
