"""The gates of the rules: what a match of a pattern must also be. Named in the data, the same in every language."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from upcall.edge_runtime.redaction.credentials import credential_span, entropy, token_end
from upcall.edge_runtime.redaction.identifiers.check_digits import is_day
from upcall.edge_runtime.redaction.identifiers.crypto_addresses import CRYPTO_ADDRESSES
from upcall.edge_runtime.redaction.identifiers.european import EUROPEAN_IDS
from upcall.edge_runtime.redaction.identifiers.medical import MEDICAL_IDS
from upcall.edge_runtime.redaction.identifiers.national import NATIONAL_IDS
from upcall.edge_runtime.redaction.identifiers.numbers import US_NUMBERS, card_spans, iban_end, is_epoch, is_ssn
from upcall.edge_runtime.redaction.identifiers.phone import is_plain, phone_spans
from upcall.edge_runtime.redaction.limits import limits
from upcall.edge_runtime.redaction.rules import Rule, Rules

Check = Callable[[str, int, int, Rule, Rules, tuple[str, ...]], Iterator[tuple[int, int]]]
"""(text, start and end of the candidate, rule, all rules, telephone regions) → the spans in it that are real."""

_LIMITS = limits("checks")
_LONGEST_EMAIL = _LIMITS["longest_email"]  # 64 for the local part, 255 for the domain (RFC 5321), and the @
_IN_NAMES = "'\u2019.-"
_LONGEST_PARTICLE = _LIMITS["longest_particle"]  # letters
_NEAR = _LIMITS["near_characters"]  # characters in which a word such as "version" must stand
_OLDEST = _LIMITS["oldest_years"]  # years
_YEARS = range(1850, 2100)
_BUDDHIST = _LIMITS["buddhist_years_ahead"]  # years by which the era of Thailand is ahead
_SEPARATORS = str.maketrans("", "", " .-/+")
_IN_ROW = re.compile("[0-9A-Fa-f]:")  # the rest of a longer row, as in a fingerprint
_DECIMALS = re.compile("[.][0-9]")
_ROW_ON = re.compile(":[0-9A-Fa-f]")
_ASSIGNED = re.compile("[?&#;]?[A-Za-z_]{1,16}=")  # to=ann@example.com, ?email=ann@example.com
_WORDS = re.compile(r"\d+|[^\W\d_]+")

SCHEMES: Mapping[str, Callable[[str], bool]] = {**US_NUMBERS, **NATIONAL_IDS, **EUROPEAN_IDS, **MEDICAL_IDS}
"""Numbers by the names that the rules use; asked without separators, in upper case."""


def _digits(text: str) -> str:
    return "".join(character for character in text if "0" <= character <= "9")


def _card(text: str, start: int, end: int, rule: Rule, rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for low, high in card_spans(text, start, end, rules.card_prefixes):
        plain = text[low:high]
        if plain.isdigit() and is_epoch(plain) and not rule.has_context(text, low, high):
            continue
        yield low, high


def _iban(text: str, start: int, _end: int, _rule: Rule, rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    end = iban_end(text, start, rules.iban_lengths, rules.iban_numeric)
    if end is not None:
        yield start, end


def _ssn(text: str, start: int, end: int, _rule: Rule, _rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    hyphenated = text[max(0, start - 1) : start] == "-" or (
        text[end : end + 1] == "-" and text[end + 1 : end + 2].isdigit()
    )
    if not hyphenated and is_ssn(_digits(text[start:end])):
        yield start, end


def _scheme(
    text: str, start: int, end: int, rule: Rule, _rules: Rules, _: tuple[str, ...]
) -> Iterator[tuple[int, int]]:
    value = text[start:end]
    address = CRYPTO_ADDRESSES.get(rule.scheme)
    if address(value) if address else SCHEMES[rule.scheme](value.upper().translate(_SEPARATORS)):
        yield start, end


def _code(text: str, start: int, end: int, rule: Rule, _rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    if len(_digits(text[start:end])) >= rule.digits:
        yield start, end


def _date(text: str, start: int, end: int, _rule: Rule, rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    words = _WORDS.findall(text[start:end].lower())
    numbers = [int(word) for word in words if word.isdigit()]
    named = [
        month
        for month, names in enumerate(rules.months, 1)
        if any(word.startswith(names) for word in words if not word.isdigit())
    ]
    if len(words) == 1 and len(words[0]) == 8:
        numbers = [int(words[0][:4]), int(words[0][4:6]), int(words[0][6:])]
    if named and len(numbers) == 2:
        numbers.insert(1, named[0])
    if len(numbers) == 3 and _is_date(*numbers):
        yield start, end


def _is_date(first: int, month: int, last: int) -> bool:
    """Whether three numbers are a day in an order in use; a short year may stand first, as in 85-03-04 and 昭和60年."""
    years = {year for year in (first, last) if year < 100 or year in _YEARS or year - _BUDDHIST in _YEARS}
    return any(
        is_day(year, month, day) or is_day(year, day, month)
        for year, day in ((last, first), (first, last))
        if year in years
    )


def _age(text: str, start: int, end: int, _rule: Rule, _rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    if int(_digits(text[start:end])) <= _OLDEST:
        yield start, end


def _mac(text: str, start: int, end: int, _rule: Rule, _rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    value = text[start:end]
    outside = text[max(0, start - 2) : start], text[end : end + 2]
    longer = any(
        len(piece) == 2 and {*piece} & {*":-."} and any(c in "0123456789abcdefABCDEF" for c in piece)
        for piece in outside
    )
    written = {*value} - {*":-."}
    if not longer and len(written) > 1 and (":" in value or any(map(str.isalpha, value))):
        yield start, end


def _email(text: str, start: int, end: int, rule: Rule, rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    # A full stop or an opening quotation mark before the address is punctuation, not a part of it.
    local = text.index("@", start)
    # The last label that can be one ends the address: in ``ann@example.com.Then`` a sentence begins.
    while not _is_top_level(text[text.rindex(".", start, end) + 1 : end], rules):
        end = text.rindex(".", start, end)
        if "." not in text[local:end]:
            return
    assigned = _ASSIGNED.match(text, start, local)
    start = assigned.end() if assigned else start
    while start < local and text[start] in ".'`*_=/{|~-":
        start += 1
    if start < local and end - start <= _LONGEST_EMAIL and text[start:end].lower() not in rule.not_private:
        yield start, end


def _is_top_level(label: str, rules: Rules) -> bool:
    return label.lower() in rules.top_level_domains


def _ip(text: str, start: int, end: int, rule: Rule, _rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    if text[start:end].startswith(":") and not text[start:end].startswith("::"):
        start += 1
    if text[start:end].endswith(":") and not text[start:end].endswith("::"):
        end -= 1
    value = text[start:end]
    numbers = value.split(".")
    if len(numbers) == 4 and ":" not in value:
        value = ".".join(number.lstrip("0") or "0" for number in numbers)
        outside = text[max(0, start - 2) : start], text[end : end + 2]
        if any("." in piece and any(map(str.isdigit, piece)) for piece in outside):
            return
    elif not _is_long_enough(value) or _IN_ROW.fullmatch(text[max(0, start - 2) : start]) or _ROW_ON.match(text, end):
        return
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return
    networks = map(ipaddress.ip_network, rule.not_private)
    if any(address.version == network.version and address in network for network in networks):
        return
    before = text[max(0, start - _NEAR) : start].lower().rstrip(' :=#-"')
    word = next((word for word in rule.not_after if _ends_with_word(before, word)), "")
    # A server build is a server: "build" is no word for a version there.
    owner = before.removesuffix(word).rstrip()
    if not word or (not word.startswith("ver") and owner.endswith(rule.not_after_unless or ("\x00",))):
        yield start, end


def _ends_with_word(text: str, word: str) -> bool:
    """Whether the last word of a text is this one: "ver" is none in "server"."""
    return text.endswith(word) and not text[-len(word) - 1 : -len(word)].isalpha()


def _is_long_enough(value: str) -> bool:
    """Whether an IPv6 address is no name (``abc::def`` in C++) and no slice (``1::2`` in Python)."""
    groups = [group for group in value.split(":") if group]
    return any(map(str.isdigit, value)) and (len(groups) > 3 or any(len(group) > 2 for group in groups))


def _name(text: str, start: int, end: int, rule: Rule, _rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    value = text[start:end]
    words = value.split()
    letters = (character for word in words for character in word if character not in _IN_NAMES)
    if value.lower() in rule.not_private or not all(map(_is_of_word, letters)):
        return
    capital = [not word[0].islower() for word in words]
    # "von der Leyden": small words are short; what else is written small is prose, or a type of the language.
    if any(capital) and all(one or len(word) <= _LONGEST_PARTICLE for one, word in zip(capital, words, strict=True)):
        yield start, end


def _is_of_word(character: str) -> bool:
    return character.isalpha() or unicodedata.category(character).startswith("M")


def _phone(
    text: str, start: int, end: int, rule: Rule, _rules: Rules, regions: tuple[str, ...]
) -> Iterator[tuple[int, int]]:
    for low, high in phone_spans(text, start, end, regions):
        # Glued to a token on the left, as in an identifier: AB-2125550123.
        glued = low > 1 and text[low - 1] in "-./_" and text[low - 2].isalnum() and text[low] != "+"
        if glued or _digits(text[low:high]) in rule.not_private:
            continue
        # A sum beside an equals sign, or the whole part of a decimal: 95060-29100=65960, 232-54-27.0.
        goes_on = text[high : high + 2].strip().startswith("=") or _DECIMALS.match(text, high)
        plain = is_plain(text[low:high]) or goes_on or text[low - 1 : low] == "="
        if text[low] != "+" and plain and not rule.has_context(text, low, high):
            continue
        yield low, high


def _secret(text: str, start: int, end: int, rule: Rule, rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    while end > start and text[end - 1] in ".,)]}" and text[start:end].count(text[end - 1]) == 1:
        end -= 1
    end = token_end(text, end)
    value = text[start:end]
    if len(value) < rule.min_length or rules.credential_values.samples.fullmatch(value):
        return
    classes = {"digit": any(map(str.isdigit, value)), "letter": any(map(str.isalpha, value))}
    # A password of letters only must be long, or "password: required" would be one.
    classes["mixed"] = not value.isalpha() or len(value) >= 12
    if all(classes[need] for need in rule.needs) and entropy(value) >= rule.min_entropy:
        yield start, end


def _credential(
    text: str, start: int, end: int, rule: Rule, rules: Rules, _: tuple[str, ...]
) -> Iterator[tuple[int, int]]:
    yield from credential_span(text, start, end, scheme=rule.scheme, needs=rule.needs, values=rules.credential_values)


CHECKS: Mapping[str, Check] = {
    "age": _age,
    "card": _card,
    "code": _code,
    "credential": _credential,
    "date": _date,
    "email": _email,
    "iban": _iban,
    "ip": _ip,
    "mac": _mac,
    "name": _name,
    "phone": _phone,
    "scheme": _scheme,
    "secret": _secret,
    "ssn": _ssn,
}
