from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.errors import RedactionError
from upcall.edge_runtime.redaction import (
    PLACEHOLDER_INSTRUCTION,
    Action,
    Detector,
    EntityType,
    Policy,
    RedactedMessages,
    Vault,
    masking,
    redact_messages,
    sent_sha256,
)
from upcall.edge_runtime.redaction.placeholders import find_placeholders

DETECTOR = Detector(deny_terms=["Ann", "k7", "1"])
FRAGMENTS = [
    *(
        "alice@example.com",
        "4111 1111 1111 1111",
        "DE89370400440532013000",
        "078-05-1120",
        "192.0.2.1",
        "11.192.0.2.15",
    ),
    *("+44 20 7946 0958", "password: hunter22", "hunter22", "https://u:hunter22@h.example", "Ann", "[[EMAIL_1_k7]]"),
    *("[[ email_2_K7 ]]", "[[CUSTOM_1_k7]]", "[[", "]]", "[", "password: ", '"', "@", "\u200b", "4", "\x00", "😀", " "),
]
contents = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=4)), min_size=1, max_size=10).map("".join)
conversations = st.lists(contents.filter(lambda text: bool(text.strip())), min_size=1, max_size=3)


def _messages(*texts: str) -> list[Message]:
    return [Message(Role.USER, text) for text in texts]


def _redact(*texts: str, vault: Vault | None = None, policy: Policy | None = None) -> RedactedMessages:
    return redact_messages(
        _messages(*texts), detector=DETECTOR, vault=vault or Vault(nonce="k7"), policy=policy or Policy()
    )


def _sent(redacted: RedactedMessages) -> list[str]:
    return [message.content for message in redacted.messages if message.role is Role.USER]


@given(conversations)
def test_restored_is_what_was_written(texts: list[str]) -> None:
    vault = Vault(nonce="k7")
    assert [vault.restore(text) for text in _sent(_redact(*texts, vault=vault))] == texts
    # A second turn in the same vault, where the input may quote what is minted by now.
    assert [vault.restore(text) for text in _sent(_redact(*reversed(texts), vault=vault))] == texts[::-1]


@given(conversations)
def test_no_masked_value_is_sent_and_nothing_is_left_to_find(texts: list[str]) -> None:
    vault = Vault(nonce="k7")
    for text in _sent(_redact(*texts, vault=vault)):
        outside = list(text)
        for start, end, _ in find_placeholders(text):
            outside[start:end] = "\n" * (end - start)
        for entity_type, value in vault.values:
            alone = rf"(?<![^\W_]){re.escape(value)}(?![^\W_])"  # 192.0.2.1 is none in 192.0.2.15
            assert entity_type is EntityType.CUSTOM or not re.search(alone, "".join(outside))
        assert DETECTOR.find(text) == ()


def test_report_counts_distinct_values() -> None:
    redacted = _redact("alice@example.com, alice@example.com", "bob@example.com 192.0.2.1")
    assert redacted.counts == {EntityType.EMAIL: 2, EntityType.IP_ADDRESS: 1}
    assert redacted.masked == (
        ("[[EMAIL_1_k7]]", EntityType.EMAIL),
        ("[[EMAIL_2_k7]]", EntityType.EMAIL),
        ("[[IP_ADDRESS_1_k7]]", EntityType.IP_ADDRESS),
    )
    assert redacted.rules_version == DETECTOR.rules_version
    assert redacted.sent_sha256 == sent_sha256(message.content for message in redacted.messages)


def test_instruction_only_when_something_is_masked() -> None:
    assert _redact("Hello").messages == tuple(_messages("Hello"))
    assert _redact("alice@example.com").messages[0] == Message(Role.SYSTEM, PLACEHOLDER_INSTRUCTION)
    assert not list(find_placeholders(PLACEHOLDER_INSTRUCTION))
    assert DETECTOR.find(PLACEHOLDER_INSTRUCTION) == ()


def test_a_value_of_an_earlier_turn_stays_masked() -> None:
    vault = Vault(nonce="k7")
    _redact("password: hunter22", vault=vault)
    second = _redact("say hunter22 again", vault=vault)
    assert _sent(second) == ["say [[SECRET_1_k7]] again"]
    assert second.counts == {EntityType.SECRET: 1}


def test_a_quoted_placeholder_is_masked_itself() -> None:
    vault = Vault(nonce="k7")
    _redact("alice@example.com", vault=vault)
    second = _redact("what is [[email_1_k7]]?", vault=vault)
    assert _sent(second) == ["what is [[CUSTOM_1_k7]]?"]
    assert vault.restore("[[CUSTOM_1_k7]]") == "[[email_1_k7]]"


def test_block_leaves_nothing_to_send() -> None:
    redacted = _redact("password: hunter22", "Hi", policy=Policy({EntityType.SECRET: Action.BLOCK}))
    assert redacted.blocked == {EntityType.SECRET}
    assert (redacted.messages, dict(redacted.counts), redacted.sent_sha256, redacted.masked) == ((), {}, b"", ())
    with pytest.raises(RedactionError):
        RedactedMessages(tuple(_messages("x")), {}, frozenset({EntityType.SECRET}), "1", b"")


def test_repr_holds_no_text() -> None:
    shown = repr(_redact("alice@example.com and more words"))
    assert "alice" not in shown and "more words" not in shown


def test_masking_without_end_fails_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_MAX_ROUNDS", 1)
    with pytest.raises(RedactionError, match="no end"):
        _redact("alice@example.com")


def test_many_values_take_linear_time() -> None:
    text = " ".join(f"user{number}@example.com" for number in range(1_500))
    started = time.process_time()
    assert _redact(text).counts == {EntityType.EMAIL: 1_500}
    assert time.process_time() - started < 5  # measured below 0.5 s


def test_unread_letters_keep_a_conversation_here() -> None:
    messages = [Message(Role.USER, "Hi."), Message(Role.ASSISTANT, "Hello."), Message(Role.USER, "Меня зовут Оксана")]
    detector, vault = Detector(), Vault()
    blocking = Policy(unread_script=Action.BLOCK)
    redacted = redact_messages(messages, detector=detector, vault=vault, policy=blocking)
    assert redacted.is_blocked and redacted.messages == () and not redacted.blocked
    assert redacted.unread_letters == 15
    assert not redact_messages(messages, detector=detector, vault=vault, policy=Policy()).is_blocked
    with pytest.raises(RedactionError):
        RedactedMessages(tuple(messages), {}, frozenset(), "1", b"", unread_letters=1)
