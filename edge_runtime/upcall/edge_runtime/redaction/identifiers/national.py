"""National identifiers outside Europe: what makes a row of digits and letters one. Separators are removed, letters upper case.

Each function says whether a text is one; it raises nothing, whatever the ASCII letters and digits. The patterns of the rules
decide which texts are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from upcall.edge_runtime.redaction.identifiers.check_digits import is_day, is_number, luhn, verhoeff, weighted

_CURP = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"


def is_aadhaar(text: str) -> bool:
    """India: 12 digits, the first 2 to 9, not a palindrome, Verhoeff. Source: UIDAI."""
    return is_number(text, 12) and text[0] in "23456789" and text != text[::-1] and verhoeff(text)


def is_pan(text: str) -> bool:
    """India, permanent account number: 5 letters of which the fourth is the kind of holder, 4 digits not 0000, a letter."""
    return (
        len(text) == 10
        and text[:5].isalpha()
        and text[3] in "ABCFGHJKLPT"
        and is_number("1" + text[5:9], 5)
        and text[5:9] != "0000"
        and text[9].isalpha()
    )


def is_cpf(text: str) -> bool:
    """Brazil, individuals: 11 digits of which two check the others modulo 11."""
    if not is_number(text, 11):
        return False
    first = weighted(text, range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(text, range(11, 1, -1)) * 10 % 11 % 10
    return text[9:] == f"{first}{second}"


def is_sin(text: str) -> bool:
    """Canada, social insurance number: 9 digits, the first not 0 or 8, Luhn."""
    return is_number(text, 9) and text[0] not in "08" and luhn(text)


def is_tfn(text: str) -> bool:
    """Australia, tax file number: 9 digits (8 in old ones), weighted sum a multiple of 11. Source: ATO."""
    if is_number(text, 8):
        return weighted(text, (10, 7, 8, 4, 6, 3, 5, 1)) % 11 == 0
    return is_number(text, 9) and weighted(text, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def is_medicare(text: str) -> bool:
    """Australia, Medicare card: 10 or 11 digits, the first 2 to 6, the ninth a weighted sum modulo 10."""
    return (
        is_number(text, 10, 11) and text[0] in "23456" and weighted(text, (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(text[8])
    )


def is_nric(text: str) -> bool:
    """Singapore, NRIC and FIN: a letter of series, 7 digits, a check letter."""
    if len(text) != 9 or not (text[0] in "STFGM" and text[1:8].isascii() and text[1:8].isdigit()):
        return False
    total = weighted(text[1:8], (2, 7, 6, 5, 4, 3, 2)) + {"S": 0, "F": 0, "T": 4, "G": 4, "M": 3}[text[0]]
    if text[0] in "ST":
        return "JZIHGFEDCBA"[total % 11] == text[8]
    if text[0] == "M":
        return "KLJNPQRTUWX"[10 - total % 11] == text[8]
    return "XWUTRQPNMLK"[total % 11] == text[8]


def is_resident_id(text: str) -> bool:
    """China, resident identity card: 17 digits with the date of birth, a check character. Source: GB 11643-1999."""
    if len(text) != 18 or not (text[:17].isascii() and text[:17].isdigit()):
        return False
    born = is_day(int(text[6:10]), int(text[10:12]), int(text[12:14])) and "1800" < text[6:10] < "2100"
    total = weighted(text[:17], (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    return born and "10X98765432"[total % 11] == text[17]


def is_rrn(text: str) -> bool:
    """South Korea, resident registration number: 13 digits with the date of birth; the check digit ended in October 2020."""
    if not is_number(text, 13) or not is_day(int(text[:2]), int(text[2:4]), int(text[4:6])):
        return False
    checked = (11 - weighted(text, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == int(text[12])
    return checked or (text[6] in "3478" and text[:4] >= "2010")


def is_my_number(text: str) -> bool:
    """Japan, individual number: 12 digits, the last a weighted sum modulo 11. Source: Act on the use of numbers, 2014."""
    if not is_number(text, 12):
        return False
    rest = weighted(text, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return int(text[11]) == (0 if rest <= 1 else 11 - rest)


def is_curp(text: str) -> bool:
    """Mexico, population registry code: 18 letters and digits with the date of birth, a check digit."""
    if len(text) != 18 or not (text[:4].isalpha() and text[4:10].isdigit() and text[17].isdigit() and text.isascii()):
        return False
    total = sum(_CURP.index(character) * (18 - position) for position, character in enumerate(text[:17]))
    return is_day(int(text[4:6]), int(text[6:8]), int(text[8:10])) and (10 - total % 10) % 10 == int(text[17])


def is_rut(text: str) -> bool:
    """Chile, tax and identity number: 7 or 8 digits, a check character modulo 11."""
    body = text[:-1]
    if len(text) not in (8, 9) or not (body.isascii() and body.isdigit()):
        return False
    rest = (11 - sum(int(digit) * (2 + index % 6) for index, digit in enumerate(reversed(body))) % 11) % 11
    return text[-1] == "0123456789K"[rest]


def is_tckn(text: str) -> bool:
    """Turkey: 11 digits, the first not 0, of which two check the others."""
    if not is_number(text, 11) or text[0] == "0":
        return False
    digits = [int(digit) for digit in text]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[9] == tenth and digits[10] == sum(digits[:10]) % 10


def is_south_african_id(text: str) -> bool:
    """South Africa: 13 digits with the date of birth, citizenship 0 to 2, Luhn."""
    return (
        is_number(text, 13)
        and is_day(int(text[:2]), int(text[2:4]), int(text[4:6]))
        and text[10] in "012"
        and luhn(text)
    )


NATIONAL_IDS: Mapping[str, Callable[[str], bool]] = {
    "aadhaar": is_aadhaar,
    "cpf": is_cpf,
    "curp": is_curp,
    "medicare": is_medicare,
    "my_number": is_my_number,
    "nric": is_nric,
    "pan": is_pan,
    "resident_id": is_resident_id,
    "rrn": is_rrn,
    "rut": is_rut,
    "sin": is_sin,
    "south_african_id": is_south_african_id,
    "tckn": is_tckn,
    "tfn": is_tfn,
}
"""By the names that the rules use."""
