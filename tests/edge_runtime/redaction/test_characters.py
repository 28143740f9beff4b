from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.redaction.characters import character_table, is_letter, without_surrogates
from upcall.edge_runtime.redaction.rules import load_rules

TABLE = load_rules().characters


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("１２３ ４", "123 4"),
        ("٠١٢ ۹", "012 9"),
        ("a\u200bb\u00adc\ufeffd\u2060", "abcd"),
        ("1\u00a02\u20113\u22124", "1 2-3-4"),
        ("ａ＠ｂ。ｃ", "a@b.c"),
        ("4\u03361\u0336", "41"),
        ("𝟒𝟏", "41"),
    ],
)
def test_shadow(text: str, plain: str) -> None:
    shadow = TABLE.shadow(text)
    assert shadow is not None
    assert shadow.text == plain


@pytest.mark.parametrize("text", ["", "plain 123", "Straße 😀", "你好"])
def test_no_shadow_of_plain_text(text: str) -> None:
    assert TABLE.shadow(text) is None


def test_offsets_lead_back_to_the_original() -> None:
    shadow = TABLE.shadow("x\u200b４\u200b1\u200b")
    assert shadow is not None
    assert shadow.text == "x41"
    assert shadow.original(1, 3) == (2, 5)
    assert "41" not in repr(shadow)


@given(st.text())
def test_offsets_rise_and_fit(text: str) -> None:
    shadow = TABLE.shadow(text)
    if shadow is not None:
        assert len(shadow.offsets) == len(shadow.text)
        assert list(shadow.offsets) == sorted(set(shadow.offsets))


def test_every_decimal_digit_is_known() -> None:
    for point in range(0x80, 0x110000):
        character = chr(point)
        if unicodedata.category(character) == "Nd":
            assert TABLE.replacements[character] == str(unicodedata.decimal(character))


def test_replacements_are_single_ascii_characters() -> None:
    assert all(plain.isascii() and len(plain) <= 1 for plain in TABLE.replacements.values())


@pytest.mark.parametrize(("character", "joins"), [("a", True), ("_", True), ("ß", True), ("\u0301", True), ("1", True)])
def test_letters_join(character: str, joins: bool) -> None:
    assert is_letter(character, TABLE.unspaced) is joins


@pytest.mark.parametrize("character", [" ", "-", "张", "ひ", "ก", "한", "😀", "\ufffd"])
def test_these_do_not_join(character: str) -> None:
    assert not is_letter(character, TABLE.unspaced)


def test_surrogates_keep_their_place() -> None:
    assert without_surrogates("a\ud800b\udfff") == "a\ufffdb\ufffd"
    assert without_surrogates("a😀") == "a😀"


def test_broken_data_is_refused() -> None:
    with pytest.raises(KeyError):
        character_table({})
    with pytest.raises(TypeError):
        character_table({"full_width": "FF01-FF5E", "drop": 1})
