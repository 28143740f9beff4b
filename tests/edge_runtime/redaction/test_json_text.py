from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction import Vault, redact, restore

PRIVATE = ["alice@example.com", "4111 1111 1111 1111", 'password: hunter"22', "192.0.2.1", "[[EMAIL_1_k7]]", 'a"b\\c\n']
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from([4111111111111111, 5555555555554444, *PRIVATE]),
        st.lists(st.one_of(st.sampled_from(PRIVATE), st.text(max_size=5)), max_size=4).map(" ".join),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(st.sampled_from(PRIVATE), st.text(max_size=5)), inner)
    ),
    max_leaves=12,
)


def _redact(text: str, vault: Vault) -> str:
    return redact(text, vault=vault, is_json=True).masked


@given(values, st.booleans())
def test_stays_json_and_comes_back(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1)
    vault = Vault(nonce="k7")
    masked = _redact(text, vault)
    json.loads(masked)
    assert json.loads(restore(masked, vault, is_json=True)) == value
    if not ascii_only:  # then every value is written as the restorer writes it
        assert restore(masked, vault, is_json=True) == text


def test_keys_numbers_and_escapes() -> None:
    vault = Vault(nonce="k7")
    text = '{"alice@example.com": [4111111111111111, -1.5e3, true], "q": "\\"bob\\u0040example.com\\" \\/ \\t"}'
    masked = _redact(text, vault)
    assert masked == '{"[[EMAIL_1_k7]]": ["[[CREDIT_CARD_1_k7]]", -1.5e3, true], "q": "\\"[[EMAIL_2_k7]]\\" \\/ \\t"}'
    assert restore(masked, vault, is_json=True) == text.replace("\\u0040", "@")


def test_the_key_is_context_for_its_value() -> None:
    vault = Vault(nonce="k7")
    assert _redact('{"password": "hunter22"}', vault) == '{"password": "[[SECRET_1_k7]]"}'
    assert _redact('{"social security number": 78051120, "n": 78051120}', vault).count("78051120") <= 2


def test_a_number_and_a_text_of_the_same_digits_come_back_as_they_were() -> None:
    vault = Vault(nonce="k7")
    text = '["4111111111111111", 4111111111111111, "no 4111111111111111"]'
    masked = _redact(text, vault)
    assert masked == '["[[CREDIT_CARD_1_k7]]", "[[CREDIT_CARD_2_k7]]", "no [[CREDIT_CARD_1_k7]]"]'
    assert restore(masked, vault, is_json=True) == text


def test_json_in_json() -> None:
    vault = Vault(nonce="k7")
    text = json.dumps({"arguments": json.dumps({"to": "alice@example.com", "n": "\u00e9"})})
    masked = _redact(text, vault)
    assert json.loads(json.loads(masked)["arguments"]) == {"to": "[[EMAIL_1_k7]]", "n": "é"}
    assert restore(masked, vault, is_json=True) == text


def test_offsets_are_those_of_the_json() -> None:
    text = '{"q": "\\u0041 alice\\u0040example.com"}'
    (span,) = redact(text, is_json=True).spans
    assert text[span.start : span.end] == "alice\\u0040example.com"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{'a': 1}",
        "[1,]",
        "NaN",
        '{"a": Infinity}',
        '"\n"',
        "1 2",
        "[" * 100_000,
        "[" * 257 + "]" * 257,
        "alice@example.com",
    ],
)
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(InputError) as caught:
        redact(text, is_json=True)
    assert "alice" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_number_of_any_length() -> None:
    text = f"[{'1' * 10_000}, 1e999999]"
    assert redact(text, is_json=True).masked == text
