"""The gates of the rules: what a match of a pattern must also be. Named in the data, the same in every language."""

from __future__ import annotations

import ipaddress
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from upcall.edge_runtime.redaction.numbers import card_spans, iban_end, is_epoch, is_ssn
from upcall.edge_runtime.redaction.phone import is_plain, phone_spans
from upcall.edge_runtime.redaction.rules import Rule, Rules

Check = Callable[[str, int, int, Rule, Rules, tuple[str, ...]], Iterator[tuple[int, int]]]
"""(text, start and end of the candidate, rule, all rules, telephone regions) → the spans in it that are real."""

_LONGEST_EMAIL = 320  # 64 for the local part, 255 for the domain (RFC 5321), and the @
_NEAR = 12  # characters in which a word such as "version" must stand


def _digits(text: str) -> str:
    return "".join(character for character in text if "0" <= character <= "9")


def _card(text: str, start: int, end: int, rule: Rule, rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for low, high in card_spans(text, start, end, rules.card_prefixes):
        plain = text[low:high]
        if len(plain) == 13 and is_epoch(plain) and not rule.has_context(text, low, high):
            continue
        yield low, high


def _iban(text: str, start: int, _end: int, _rule: Rule, rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    end = iban_end(text, start, rules.iban_lengths)
    if end is not None:
        yield start, end


def _ssn(text: str, start: int, end: int, _rule: Rule, _rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    hyphenated = text[max(0, start - 1) : start] == "-" or (
        text[end : end + 1] == "-" and text[end + 1 : end + 2].isdigit()
    )
    if not hyphenated and is_ssn(_digits(text[start:end])):
        yield start, end


def _email(text: str, start: int, end: int, rule: Rule, _rules: Rules, _: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    # A full stop or an opening quotation mark before the address is punctuation, not a part of it.
    local = text.index("@", start)
    while start < local and text[start] in ".'`*_=/{|~-":
        start += 1
    if start < local and end - start <= _LONGEST_EMAIL and text[start:end].lower() not in rule.not_private:
        yield start, end


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
    elif not _is_long_enough(value):
        return
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return
    networks = map(ipaddress.ip_network, rule.not_private)
    if any(address.version == network.version and address in network for network in networks):
        return
    before = text[max(0, start - _NEAR) : start].lower().rstrip(" :=#")
    if not any(before.endswith(word) for word in rule.not_after):
        yield start, end


def _is_long_enough(value: str) -> bool:
    """Whether an IPv6 address is no name (``abc::def`` in C++) and no slice (``1::2`` in Python)."""
    groups = [group for group in value.split(":") if group]
    return any(map(str.isdigit, value)) and (len(groups) > 3 or any(len(group) > 2 for group in groups))


def _phone(
    text: str, start: int, end: int, rule: Rule, _rules: Rules, regions: tuple[str, ...]
) -> Iterator[tuple[int, int]]:
    for low, high in phone_spans(text, start, end, regions):
        # Glued to a token on the left, as in an identifier: AB-2125550123.
        glued = low > 1 and text[low - 1] in "-./_" and text[low - 2].isalnum() and text[low] != "+"
        if glued or (is_plain(text[low:high]) and not rule.has_context(text, low, high)):
            continue
        yield low, high


def _secret(
    text: str, start: int, end: int, rule: Rule, _rules: Rules, _: tuple[str, ...]
) -> Iterator[tuple[int, int]]:
    while end > start and text[end - 1] in ".,)]}" and text[start:end].count(text[end - 1]) == 1:
        end -= 1
    value = text[start:end]
    if len(value) < rule.min_length or value.lower().startswith(rule.not_private or ("\x00",)):
        return
    classes = {"digit": any(map(str.isdigit, value)), "letter": any(map(str.isalpha, value))}
    # A password of letters only must be long, or "password: required" would be one.
    classes["mixed"] = not value.isalpha() or len(value) >= 12
    if all(classes[need] for need in rule.needs) and entropy(value) >= rule.min_entropy:
        yield start, end


def entropy(value: str) -> float:
    """Shannon entropy of the characters of a text, bits for each character, ≥ 0. The text is not empty."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())


CHECKS: Mapping[str, Check] = {
    "card": _card,
    "email": _email,
    "iban": _iban,
    "ip": _ip,
    "phone": _phone,
    "secret": _secret,
    "ssn": _ssn,
}
