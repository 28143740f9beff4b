"""What must hold of masking and restoring for every input. Shared by the property tests and the fuzzer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import pairwise

from upcall.edge_runtime.conversation import MAX_MESSAGE_CHARACTERS, Message, Role
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction import (
    Detector,
    EntityType,
    JsonStreamRestorer,
    RedactedText,
    Span,
    StreamRestorer,
    Vault,
    redact,
    redact_messages,
    restore,
)
from upcall.edge_runtime.redaction.placeholders import find_placeholders
from upcall.edge_runtime.redaction.policy import Policy

NONCE = "k7"
DENIED = ("Ann", "Project Heron", NONCE, "1")
DETECTOR = Detector(deny_terms=DENIED)
FRAGMENTS = (
    *("alice@example.com", "4111 1111 1111 1111", "DE89370400440532013000", "078-05-1120", "192.0.2.1", "2001:db8::1"),
    *("+44 20 7946 0958", "password: hunter22", "hunter22", "https://u:hunter22@h.example", "Ann", "Project Heron"),
    *(
        "[[EMAIL_1_k7]]",
        "[[ email_2_K7 ]]",
        "[[CUSTOM_1_k7]]",
        "[[PERSON_1_zz]]",
        "EMAIL_1_k7",
        "ADDRESS_1_k7",
        "IP_",
        "x",
        "[[",
        "]]",
        "[",
        "]",
        "_",
        "k7",
    ),
    *(
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "11.192.0.2.15",
        "1700000000000",
        "4111111111111111",
        "born 1 May 1980",
    ),
    *(
        "password: ",
        "card ",
        '"',
        "'",
        "@",
        "\\",
        "\\u0040",
        '\\"',
        "\\n",
        "{",
        "}",
        ":",
        ",",
        "\u200b",
        "\u00ad",
        "4",
        "-",
    ),
    *(
        "\x00",
        "😀",
        "👩\u200d👩",
        "e\u0301",
        "\u202e",
        "\ud800",
        "\udc00",
        "\u0664",
        "\uff14",
        " ",
        "\n",
        "\r\n",
        "\ufeff",
        "İ",
        "ß",
    ),
    *("YWxpY2VAZXhhbXBsZS5jb20=", "NDExMTExMTExMTExMTExMQ==", "616c696365406578616d706c652e636f6d"),
)

_KINDS = tuple(EntityType)


class AnyFinder:
    """A name finder that claims what it is told, sensible or not: over placeholders, half words, JSON's own characters."""

    version = "any"

    def __init__(self, claims: Sequence[tuple[int, int, EntityType]]) -> None:
        self._claims = claims

    def spans(self, text: str) -> list[Span]:
        """The claims that lie in the text."""
        return [
            Span(start, min(start + length, len(text)), entity_type, "any", 0.5)
            for start, length, entity_type in self._claims
            if start < len(text)
        ]


def check_finder(text: str, claims: Sequence[tuple[int, int, EntityType]]) -> None:
    """Whatever is claimed, the text comes back, and JSON stays JSON."""
    detector = Detector(deny_terms=DENIED, names=AnyFinder(claims))
    vault = Vault(nonce=NONCE)
    for _ in range(2):  # in the second turn with what the vault remembers
        redacted = redact(text, detector=detector, vault=vault)
        assert restore(redacted.masked, vault) == text
        _check_spans(text, redacted.masked, redacted, vault)
    given = json.dumps([text, 4111111111111111, {text: text[::-1]}])
    redacted = redact(given, detector=detector, vault=vault, is_json=True)
    assert _parsed(restore(redacted.masked, vault, is_json=True)) == _parsed(given)
    _parsed(redacted.masked)


def check_text(text: str, cuts: Sequence[int] = ()) -> RedactedText:
    """A text comes back whole, whole or in chunks; spans say exactly what was cut; nothing is left to find."""
    vault = Vault(nonce=NONCE)
    redacted = redact(text, detector=DETECTOR, vault=vault)
    masked = redacted.masked
    assert restore(masked, vault) == text
    assert _streamed(StreamRestorer(vault), masked, cuts) == text
    _check_spans(text, masked, redacted, vault)
    assert not DETECTOR.find(masked)
    assert redact(text, detector=DETECTOR, vault=Vault(nonce=NONCE)).masked == masked, "not the same twice"
    # A second turn with the same vault: what was minted keeps its placeholder, and what is quoted comes back as quoted.
    for again in (text, masked):
        assert restore(redact(again, detector=DETECTOR, vault=vault).masked, vault) == again
    return redacted


def check_forged(text: str) -> None:
    """Whatever an answer or a document holds, only what this vault has minted is replaced."""
    stranger = Vault(nonce="zz")
    redact("alice@example.com and 192.0.2.1", detector=DETECTOR, vault=stranger)
    assert restore(text, Vault(nonce=NONCE)) == text
    minted = {f"[[EMAIL_1_{stranger.nonce}]]", f"[[IP_ADDRESS_1_{stranger.nonce}]]"}
    if not any(found in minted for _, _, found in find_placeholders(text)):
        assert restore(text, stranger) == text


def check_conversation(texts: Sequence[str]) -> None:
    """Messages come back whole, and an entry has one placeholder over all turns."""
    vault = Vault(nonce=NONCE)
    seen: dict[str, tuple[str, str]] = {}
    messages: list[Message] = []
    for text in texts:
        try:
            messages.append(Message(Role.USER, text))
            redacted = redact_messages(messages, detector=DETECTOR, vault=vault, policy=Policy())
        except InputError:  # empty, a lone surrogate, or too long with its placeholders
            assert not text.strip() or _is_broken(text) or len(text) > MAX_MESSAGE_CHARACTERS // 16
            return
        sent = [message.content for message in redacted.messages if message.role is Role.USER]
        assert [vault.restore(content) for content in sent] == [message.content for message in messages]
        for minted, _ in redacted.masked:
            entry = vault.entry(minted)
            assert entry is not None
            assert seen.setdefault(minted, (entry.entity_type, entry.value)) == (entry.entity_type, entry.value)
    assert len(set(seen.values())) == len(seen), "one value, two placeholders"


def check_json(text: str, cuts: Sequence[int] = ()) -> None:
    """JSON stays JSON and comes back with the same values; what is no JSON is refused."""
    vault = Vault(nonce=NONCE)
    try:
        given = _parsed(text)
    except (ValueError, RecursionError):
        try:
            redact(text, detector=DETECTOR, vault=vault, is_json=True)
        except InputError:
            return
        raise AssertionError("not JSON, and not refused") from None
    redacted = redact(text, detector=DETECTOR, vault=vault, is_json=True)
    _parsed(redacted.masked)
    restored = restore(redacted.masked, vault, is_json=True)
    assert _parsed(restored) == given
    assert _streamed(JsonStreamRestorer(vault), redacted.masked, cuts) == restored
    _check_spans(text, redacted.masked.replace('"', ""), redacted, vault, without='"')


def check_stream(text: str, cuts: Sequence[int]) -> None:
    """An answer of any form, in any chunks, is restored as it is at once."""
    vault = Vault(nonce=NONCE)
    redact('["Ann", 4111111111111111, "a\\"@x.com", "alice@example.com"]', detector=DETECTOR, vault=vault, is_json=True)
    assert _streamed(StreamRestorer(vault), text, cuts) == restore(text, vault)
    assert _streamed(JsonStreamRestorer(vault), text, cuts) == restore(text, vault, is_json=True)


CHECKS: tuple[Callable[[str, Sequence[int]], object], ...] = (
    check_text,
    check_json,
    check_stream,
    lambda text, _: check_forged(text),
    lambda text, cuts: check_finder(text, [(cut, 1 + cut % 17, _KINDS[cut % len(_KINDS)]) for cut in cuts]),
    lambda text, cuts: check_conversation([text[start:end] for start, end in pairwise(_borders(text, cuts))]),
)


def _borders(text: str, cuts: Sequence[int]) -> list[int]:
    return [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]


def _streamed(restorer: StreamRestorer, text: str, cuts: Sequence[int]) -> str:
    chunks = (restorer.feed(text[start:end]) for start, end in pairwise(_borders(text, cuts)))
    return "".join([*chunks, restorer.flush()])


def _check_spans(text: str, masked: str, redacted: RedactedText, vault: Vault, *, without: str = "") -> None:
    """Outside its spans the text is as it was; in their place stand placeholders of this vault."""
    position = place = 0
    for span in redacted.spans:
        before = _without(text[position : span.start], without)
        assert masked.startswith(before, place)
        place += len(before)
        found = next(find_placeholders(masked[place:]), None)
        assert found is not None and found[0] == 0 and vault.is_minted(found[2])
        place += found[1]
        position = span.end
    assert masked[place:] == _without(text[position:], without)


def _without(text: str, character: str) -> str:
    return text.replace(character, "") if character else text


def _is_broken(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _parsed(text: str) -> object:
    def refuse(name: str) -> None:
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse, parse_int=str, parse_float=str)
