"""Numbers that carry their own proof: cards, bank accounts, numbers of the United States."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping

from upcall.edge_runtime.redaction.identifiers.check_digits import luhn, weighted
from upcall.edge_runtime.redaction.limits import limits

_SEPARATOR = re.compile(r"[ \t]?\r?\n(?:[ \t]*>)*[ \t]*|[ \t/-]")
_UNUSUAL = frozenset("\t/\n")
_CARD_GROUPS = frozenset(((4, 4, 4, 4), (4, 6, 5), (4, 4, 4, 4, 3)))
CARD_DIGITS = range(12, 20)
_LIMITS = limits("numbers")
_LONGEST_PREFIX = _LIMITS["longest_card_prefix"]
_LONGEST_IBAN = _LIMITS["longest_iban"]
_FEWEST_IBAN_DIGITS = _LIMITS["fewest_iban_digits"]
_LONGEST_SHORT_CARD = _LIMITS["longest_short_card"]
_EPOCH_MILLISECONDS = range(10**12, 41 * 10**11)  # September 2001 to December 2099
_ITIN_GROUPS = frozenset((*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)))
_EIN_NOT_ISSUED = frozenset((0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97))
_ABA_PREFIXES = frozenset((*range(13), *range(21, 33), *range(61, 73), 80))


def is_card(digits: str, prefixes: Mapping[str, frozenset[int]]) -> bool:
    """Whether an issuer gives numbers of this beginning and length, and the check digit is right."""
    issued = any(len(digits) in prefixes.get(digits[:size], ()) for size in range(1, _LONGEST_PREFIX + 1))
    return issued and luhn(digits)


def is_epoch(digits: str) -> bool:
    """Whether digits read as milliseconds since 1970 in this century."""
    return int(digits) in _EPOCH_MILLISECONDS


def card_spans(text: str, start: int, end: int, prefixes: Mapping[str, frozenset[int]]) -> Iterator[tuple[int, int]]:
    """Card numbers in a run of digits and separators, leftmost and longest first, none overlapping.

    A number is a row of whole groups of digits: one group; groups of two and more, of which the last may be shorter; or
    single digits throughout, which then must be all single digits of that place. A full stop next to a number means a decimal.
    """
    groups = list(_digit_groups(text, start, end))
    index = 0
    while index < len(groups):
        last = _card_from(text, groups, index, prefixes)
        if last is not None:
            yield groups[index][0], groups[last][1]
            index = last + 1
        elif _size(groups[index]) == 1:
            while index < len(groups) and _size(groups[index]) == 1:
                index += 1
        else:
            index += 1


def _card_from(
    text: str, groups: list[tuple[int, int]], first: int, prefixes: Mapping[str, frozenset[int]]
) -> int | None:
    single = _size(groups[first]) == 1
    digits = ""
    found: int | None = None
    for index in range(first, len(groups)):
        size = _size(groups[index])
        if single and size != 1:
            break
        digits += text[slice(*groups[index])]
        if len(digits) >= CARD_DIGITS.stop:
            found = None if single else found
            break
        if (
            len(digits) in CARD_DIGITS
            and not _is_decimal(text, groups, first, index)
            and not _is_cut_out(groups, first, index, len(digits))
            and _is_together(text, groups, first, index)
            and is_card(digits, prefixes)
        ):
            found = index
        elif single:
            found = None
        if size == 1 and not single:
            break
    return found


def _is_together(text: str, groups: list[tuple[int, int]], first: int, last: int) -> bool:
    """Whether tabs, slashes and line ends stand only between the groups that a card has, and none of them goes on.

    Numbers below each other in a column, or beside each other in a row, are no card.
    """
    inside = text[groups[first][0] : groups[last][1]]
    if _UNUSUAL.isdisjoint(inside):
        return True
    if tuple(map(_size, groups[first : last + 1])) not in _CARD_GROUPS:
        return False
    before = text[groups[first - 1][1] : groups[first][0]] if first else ""
    after = text[groups[last][1] : groups[last + 1][0]] if last + 1 < len(groups) else ""
    return not before + after if "\n" in inside else _UNUSUAL.isdisjoint(before + after)


def _is_decimal(text: str, groups: list[tuple[int, int]], first: int, last: int) -> bool:
    before = text[groups[first - 1][1] : groups[first][0]] if first else ""
    after = text[groups[last][1] : groups[last + 1][0]] if last + 1 < len(groups) else ""
    return "." in (before, after)


def _is_cut_out(groups: list[tuple[int, int]], first: int, last: int, digits: int) -> bool:
    """Whether a short number is a part of a longer one in equal groups: the last twelve digits of four times four."""
    if digits > _LONGEST_SHORT_CARD or first == last:
        return False
    before = (
        first > 0 and groups[first][0] - groups[first - 1][1] == 1 and _size(groups[first - 1]) == _size(groups[first])
    )
    after = last + 1 < len(groups) and groups[last + 1][0] - groups[last][1] == 1
    return before or (after and _size(groups[last + 1]) == _size(groups[last]))


def _digit_groups(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = -1
    for index in range(start, end):
        if "0" <= text[index] <= "9":
            if begin < 0:
                begin = index
        elif begin >= 0:
            yield begin, index
            begin = -1
    if begin >= 0:
        yield begin, end


def _size(group: tuple[int, int]) -> int:
    return group[1] - group[0]


def iban_end(text: str, start: int, lengths: Mapping[str, int], numeric: Container[str] = ()) -> int | None:
    """Where the account number that begins at ``start`` ends, or None if there is none.

    Checks the length of the country, that there are digits, only digits in the ``numeric`` countries, and the remainder modulo
    97 (ISO 13616-1). A space, tab, hyphen or slash, or the end of a line with marks of quotation after it, may stand between
    any two characters; case does not matter.
    """
    characters = ""
    length = _LONGEST_IBAN
    index = start
    while index < len(text) and len(characters) < length:
        character = text[index]
        if character.isascii() and character.isalnum():
            characters += character.upper()
            if len(characters) == 2:
                length = lengths.get(characters, 0)
        else:
            separator = _SEPARATOR.match(text, index)
            if not separator or not text[separator.end() : separator.end() + 1].isalnum():
                return None
            index = separator.end() - 1
        index += 1
    if not length or len(characters) < length:
        return None
    digits = sum(character.isdigit() for character in characters[4:])
    if digits < (length - 4 if characters[:2] in numeric else _FEWEST_IBAN_DIGITS):
        return None  # "at 30 seconds ..." is a phrase
    remainder = int("".join(str(int(character, 36)) for character in characters[4:] + characters[:4])) % 97
    return index if remainder == 1 else None


def is_ssn(digits: str) -> bool:
    """Whether nine digits can be a United States social security number.

    The area is not 000, 666 or 900 to 999, the group not 00, the serial not 0000. Source: SSA, randomised since 2011.
    """
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def is_itin(text: str) -> bool:
    """United States, individual taxpayer identification number: 9 digits, the first 9, a group that is issued. Source: IRS."""
    return _is_nine_digits(text) and text[0] == "9" and int(text[3:5]) in _ITIN_GROUPS


def is_ein(text: str) -> bool:
    """United States, employer identification number: 9 digits, a prefix that is issued. Source: IRS."""
    return _is_nine_digits(text) and int(text[:2]) not in _EIN_NOT_ISSUED


def is_aba(text: str) -> bool:
    """United States, routing number: 9 digits, a Federal Reserve prefix, weights 3, 7 and 1. Source: ABA."""
    return (
        _is_nine_digits(text)
        and int(text[:2]) in _ABA_PREFIXES
        and weighted(text, (3, 7, 1, 3, 7, 1, 3, 7, 1)) % 10 == 0
    )


def _is_nine_digits(text: str) -> bool:
    return len(text) == 9 and text.isascii() and text.isdigit() and len(set(text)) > 1


US_NUMBERS: Mapping[str, Callable[[str], bool]] = {"aba": is_aba, "ein": is_ein, "itin": is_itin}
"""By the names that the rules use; separators are removed."""
