"""Numbers with check digits, right and wrong, and disguises that must not hide them. All values are made here."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from upcall.edge_runtime.redaction.entities import EntityType

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_FULL_WIDTH = {character: chr(ord(character) + 0xFEE0) for character in map(chr, range(0x21, 0x7F))}
_ARABIC = {str(digit): chr(0x0660 + digit) for digit in range(10)}
_LOOK_ALIKES = {"a": "\u0430", "c": "\u0441", "e": "\u0435", "o": "\u043e", "p": "\u0440", "x": "\u0445", "y": "\u0443"}


@dataclass(frozen=True, slots=True)
class Sample:
    """A value in a sentence.

    Args:
        kind: what it is.
        before, value, after: joined they are the text.
        is_right: whether the check digits are.
    """

    kind: EntityType
    before: str
    value: str
    after: str
    is_right: bool = True

    @property
    def text(self) -> str:
        """The whole sentence."""
        return self.before + self.value + self.after


def luhn_digit(payload: str) -> str:
    """The check digit of Luhn's scheme (ISO/IEC 7812-1) for these digits."""
    total = 0
    for index, character in enumerate(reversed(payload)):
        value = int(character) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def _digits(chance: random.Random, count: int) -> str:
    return "".join(str(chance.randrange(10)) for _ in range(count))


def _card(chance: random.Random) -> str:
    prefix, length = chance.choice(
        [
            ("4", 16),
            ("4", 19),
            ("51", 16),
            ("2221", 16),
            ("34", 15),
            ("6011", 16),
            ("2131", 15),
            ("3530", 16),
            ("6759", 12),
        ]
    )
    payload = prefix + _digits(chance, length - len(prefix) - 1)
    return payload + luhn_digit(payload)


def _iban(chance: random.Random) -> str:
    country, form = chance.choice(
        [("DE", "n" * 18), ("NL", "aaaa" + "n" * 10), ("FR", "n" * 23), ("ES", "n" * 20), ("GB", "aaaa" + "n" * 14)]
    )
    body = "".join(chance.choice("ABCDEFGH") if kind == "a" else str(chance.randrange(10)) for kind in form)
    number = int("".join(str(int(character, 36)) for character in body + country + "00"))
    return f"{country}{98 - number % 97:02d}{body}"


def _routing(chance: random.Random) -> str:
    payload = f"{chance.randrange(1, 13):02d}{_digits(chance, 6)}"
    total = sum(int(digit) * weight for digit, weight in zip(payload, (3, 7, 1) * 3, strict=False))
    return payload + str(-total % 10)


def _nhs(chance: random.Random) -> str:
    while True:
        payload = f"{chance.randrange(4, 8)}{_digits(chance, 8)}"
        check = 11 - sum(int(digit) * weight for digit, weight in zip(payload, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return payload + str(check % 11)


def _cpf(chance: random.Random) -> str:
    digits = _digits(chance, 9)
    for _ in range(2):
        total = sum(int(digit) * weight for digit, weight in zip(digits, range(len(digits) + 1, 1, -1), strict=True))
        digits += str(-total % 11 % 10 if total % 11 > 1 else 0)
    return digits


def _npi(chance: random.Random) -> str:
    payload = f"1{_digits(chance, 8)}"
    return payload + luhn_digit("80840" + payload)


def _bitcoin(chance: random.Random) -> str:
    payload = b"\x00" + chance.randbytes(20)
    whole = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(whole, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _BASE58[rest] + text
    return "1" * (len(whole) - len(whole.lstrip(b"\x00"))) + text


_KINDS: Mapping[EntityType, tuple[tuple[str, Callable[[random.Random], str]], ...]] = {
    EntityType.CREDIT_CARD: (("My credit card number is ", _card),),
    EntityType.IBAN: (("Please pay to the IBAN ", _iban),),
    EntityType.US_ABA: (("The bank's ABA routing number is ", _routing),),
    EntityType.NATIONAL_ID: (("Her NHS number is ", _nhs), ("O meu CPF é ", _cpf)),
    EntityType.MEDICAL_ID: (("The doctor's NPI is ", _npi),),
    EntityType.CRYPTO: (("Send the bitcoin to ", _bitcoin),),
}


def samples(count: int, *, seed: int) -> Iterator[Sample]:
    """So many right values of each kind, and as many with one wrong character near the end."""
    chance = random.Random(seed)  # noqa: S311  # data, not keys
    for kind, forms in _KINDS.items():
        for index in range(count):
            before, make = forms[index % len(forms)]
            value = make(chance)
            yield Sample(kind, before, value, " as agreed.")
            yield Sample(kind, before, _spoilt(value, chance), " as agreed.", is_right=False)


def _spoilt(value: str, chance: random.Random) -> str:
    """The last character exchanged for another of its sort: every one of these schemes notices that."""
    sort = "0123456789" if value[-1].isdigit() else "abcdefghijkmnopqrstuvwxyz"
    return value[:-1] + chance.choice(sort.replace(value[-1].lower(), ""))


def _between(value: str, mark: str, every: int) -> str:
    return mark.join(value[start : start + every] for start in range(0, len(value), every))


def _grouped(value: str, mark: str) -> str:
    """Digits as people group them: fours in long numbers, threes in short ones, none alone at the end."""
    whole = _between(value, mark, 4 if len(value) > 11 else 3)
    return whole[:-2] + whole[-1] if whole[-2] == mark else whole


TRANSFORMS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda value: value,
    "grouped by spaces": lambda value: _grouped(value, " "),
    "zero-width spaces": lambda value: _between(value, "\u200b", 3),
    "soft hyphens": lambda value: _between(value, "\u00ad", 5),
    "full-width": lambda value: "".join(_FULL_WIDTH.get(character, character) for character in value),
    "Arabic-Indic digits": lambda value: "".join(_ARABIC.get(character, character) for character in value),
    "non-breaking hyphens": lambda value: _grouped(value, "\u2011"),
    "spaced digits": lambda value: " ".join(value),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "hexadecimal": lambda value: value.encode().hex(),
}
UNSUITED = {
    EntityType.CRYPTO: frozenset({"grouped by spaces", "non-breaking hyphens", "spaced digits"}),
}
"""Transforms after which nobody could use the value: an address has no groups."""


def disguised(sample: Sample, transform: str) -> Sample:
    """The sample with its value transformed."""
    return Sample(sample.kind, sample.before, TRANSFORMS[transform](sample.value), sample.after, sample.is_right)


def look_alike_emails(count: int, *, seed: int) -> Iterator[Sample]:
    """Addresses in which Cyrillic letters stand for Latin ones of the same look."""
    chance = random.Random(seed)  # noqa: S311  # data, not keys
    for _ in range(count):
        local = "".join(chance.choice("aceopxybdkmn") for _ in range(8))
        value = f"{local}@example.{chance.choice(['com', 'org', 'net'])}"
        hidden = "".join(
            _LOOK_ALIKES.get(character, character) if chance.random() < 0.5 else character for character in value
        )
        yield Sample(EntityType.EMAIL, "Write to ", hidden, " today.")
