from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.redaction import Detector
from upcall.edge_runtime.redaction.disguises import LONGEST_TOKEN
from upcall.edge_runtime.redaction.rules import load_rules

DISGUISES = load_rules().disguises
DETECTOR = Detector(phone_regions=[])
CARD = "4111111111111111"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a%40b", "a@b"),
        ("a\\u0040b", "a@b"),
        ("a&#64;b&#x40;c", "a@b@c"),
        ('\\"x\\"\\n\\t\\/\\\\', '"x"\n\t/\\'),
        ("\\ud83d", "\ufffd"),
        ("&#55357;", "\ufffd"),
    ],
)
def test_unescaped(text: str, plain: str) -> None:
    shadow = DISGUISES.unescaped(text)
    assert shadow is not None
    assert shadow.text == plain
    assert shadow.original(0, len(plain)) == (0, len(text))


@pytest.mark.parametrize("text", ["", "plain", "100% of it", "a\\b"[:2], "AT&T", "&#x;", "\\u00"])
def test_nothing_to_unescape(text: str) -> None:
    assert DISGUISES.unescaped(text) is None


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("4 1 1 1 1 1 1 1", "41111111"),
        ("is a 4 1 1 1 1 1 1 1 ok", "is a 41111111 ok"),
        ("D E 8 9 3 7 0 4", "DE 893704"),
        ("a b 1 @ c d . c o m", "ab1@cd.com"),
        ("0 7 8-0 5-1 1 2 0", "078-05-1120"),
        ("1  2  3  4  5  6  7", "1234567"),
    ],
)
def test_joined(text: str, joined: str) -> None:
    shadow = DISGUISES.joined(text)
    assert shadow is not None
    assert shadow.text == joined


@pytest.mark.parametrize("text", ["", "1 2 3", "I am a b c", "4111 1111 1111 1111", "1-2-3-4-5-6-7-8"])
def test_nothing_to_join(text: str) -> None:
    assert DISGUISES.joined(text) is None


@given(st.text("ab1 .@-:+", max_size=40))
def test_joining_only_leaves_out_spaces(text: str) -> None:
    shadow = DISGUISES.joined(text)
    if shadow is not None:
        assert shadow.text.replace(" ", "") == text.replace(" ", "")
        assert [text[start] for start in shadow.starts] == list(shadow.text)


ENCODINGS: dict[str, Callable[[str], str]] = {
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64url": lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
    "hexadecimal": lambda value: value.encode().hex(),
    "upper case hexadecimal": lambda value: value.encode().hex().upper(),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
@given(before=st.text("ab é?>~\n", max_size=20), after=st.text("ab é?>~\n", max_size=20))
def test_a_token_is_covered_wherever_the_value_stands_in_it(
    encode: Callable[[str], str], before: str, after: str
) -> None:
    token = encode(f"{before} {CARD} {after}")
    (span,) = DETECTOR.find(f"<{token}>")
    assert span.start == 1
    assert span.end >= len(token.rstrip("=")) + 1


def test_decoded_is_text_only() -> None:
    for data in (b"\xff\xfe" * 20, b"\x00" * 40, bytes(range(32, 80)) + b"\x07"):
        assert not list(DISGUISES.decoded(base64.b64encode(data).decode()))
        assert not list(DISGUISES.decoded(data.hex()))


def test_one_level_only() -> None:
    encode = ENCODINGS["base64"]
    assert DETECTOR.find(encode(f"card {CARD}"))
    assert not DETECTOR.find(encode(encode(f"card {CARD}")))


def test_a_long_token_is_covered_whole_and_read_to_the_limit() -> None:
    token = base64.b64encode(f"{CARD} {'x' * LONGEST_TOKEN}".encode()).decode()
    (span,) = DETECTOR.find(token)
    assert (span.start, span.end) == (0, len(token))
    late = base64.b64encode(f"{'x' * LONGEST_TOKEN} {CARD}".encode()).decode()
    assert not DETECTOR.find(late)


values = st.sampled_from([CARD, "DE89370400440532013000", "078-05-1120", "alice@example.com", "RSSMRA85T10A562S"])


@given(values, st.sampled_from(["", "x", "\n", "é", '"', "\\", "\t"]))
def test_values_in_json_in_json_are_covered(value: str, around: str) -> None:
    text = json.dumps({"arguments": json.dumps({"note": f"{around} {value} {around}\n{value}\n"})})
    covered = {place for span in DETECTOR.find(text) for place in range(span.start, span.end)}
    start = text.index(value)
    again = text.index(value, start + 1)
    assert covered >= {*range(start, start + len(value)), *range(again, again + len(value))}


marks = st.sampled_from(["\u200b", "\u2060", "\ufe0f", "\u0336", "\u00ad", "\u202e", ""])


@given(values, st.data())
def test_invisible_characters_anywhere_hide_nothing(value: str, data: st.DataObject) -> None:
    hidden = "".join(character + data.draw(marks) for character in value[:-1]) + value[-1]
    (span,) = DETECTOR.find(f"it is {hidden} now")
    assert (span.start, span.end) == (6, 6 + len(hidden))
