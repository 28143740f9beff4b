from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.redaction.characters import (
    Shadow,
    character_table,
    is_letter,
    rewritten,
    without_surrogates,
)
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
        ("①❷²", "122"),
        ("аlicе", "alice"),
        ("4\ufe0f\u20e31\ufe0f\u20e3", "41"),
        ("𝐚𝓫ª", "aba"),
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
        _check(shadow, text)


def _check(shadow: Shadow, text: str) -> None:
    assert len(shadow.starts) == len(shadow.ends) == len(shadow.text)
    assert all(start < end for start, end in zip(shadow.starts, shadow.ends, strict=True))
    assert all(end <= start for end, start in zip(shadow.ends, shadow.starts[1:], strict=False))
    assert not shadow.ends or shadow.ends[-1] <= len(text)


@given(st.text("ab\u200b４", max_size=20), st.data())
def test_a_copy_of_a_copy_leads_back_to_the_original(text: str, data: st.DataObject) -> None:
    first = TABLE.shadow(text) or Shadow(text, range(len(text)), range(1, len(text) + 1))
    places = data.draw(st.sets(st.integers(0, max(0, len(first.text) - 1))))
    second = rewritten(first.text, ((place, place + 1, "") for place in sorted(places) if first.text))
    if second is not None:
        _check(second, first.text)
        whole = second.over(first)
        _check(whole, text)
        for place, (start, end) in enumerate(zip(whole.starts, whole.ends, strict=True)):
            assert TABLE.replacements.get(text[start:end], text[start:end]) == whole.text[place]


def test_rewritten_text() -> None:
    shadow = rewritten("a%40b%2", [(1, 4, "@"), (5, 7, "")])
    assert shadow is not None
    assert (shadow.text, shadow.original(1, 2), shadow.original(0, 3)) == ("a@b", (1, 4), (0, 5))
    assert rewritten("abc", []) is None


def test_every_character_with_a_plain_form_is_known() -> None:
    for point in range(0x80, 0x110000):
        plain = unicodedata.normalize("NFKC", chr(point))
        if len(plain) == 1 and "!" <= plain <= "~":
            assert TABLE.replacements[chr(point)] == plain or chr(point) in "\u2024\u3002", hex(point)


def test_confusable_letters_are_letters_of_other_scripts() -> None:
    assert not set(TABLE.confusable) & set(TABLE.replacements)
    assert all(letter.isalpha() and not letter.isascii() for letter in TABLE.confusable)
    assert all(latin.isalpha() and latin.isascii() and len(latin) == 1 for latin in TABLE.confusable.values())


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


UNICODE: dict[str, object] = {"unassigned": ["0378-0379"]}


def test_broken_data_is_refused() -> None:
    with pytest.raises(KeyError):
        character_table({}, UNICODE)
    with pytest.raises(TypeError):
        character_table({"full_width": "FF01-FF5E", "drop": 1}, UNICODE)
    table: dict[str, object] = {
        "drop": [],
        "space": [],
        "hyphen": [],
        "period": [],
        "at": [],
        "digit_zeros": [],
        "compatible": [],
    }
    with pytest.raises(TypeError):
        character_table({"full_width": "FF01-FF5E", **table}, UNICODE)
