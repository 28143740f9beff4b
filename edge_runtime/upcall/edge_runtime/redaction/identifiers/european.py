"""National identifiers of Europe: what makes a row of digits and letters one. Separators are removed, letters upper case.

Each function says whether a text is one; it raises nothing, whatever the ASCII letters and digits. The patterns of the rules
decide which texts are asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from upcall.edge_runtime.redaction.identifiers.check_digits import is_day, is_number, luhn, mod_11_10, weighted

_SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE"
_FINNISH = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_OMOCODIA = str.maketrans("LMNPQRSTUV", "0123456789")  # letters in place of digits where two people have one code
_FEWEST_DIGITS = 3  # of the seven; letters stand in the place of one or two where they do at all
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_MONTHS = "ABCDEHLMPRST"


def is_nhs(text: str) -> bool:
    """England and Wales, NHS number: 10 digits, the last a weighted sum modulo 11. Source: NHS Data Dictionary."""
    return is_number(text, 10) and weighted(text, range(10, 1, -1)) % 11 == (11 - int(text[9])) % 11


def is_nino(text: str) -> bool:
    """United Kingdom, national insurance number: prefix as allotted by HMRC (NIM39110), 6 digits, A to D."""
    prefix = text[:2]
    return re.fullmatch("[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]", text) is not None and prefix not in {
        "BG",
        "GB",
        "KN",
        "NK",
        "NT",
        "TN",
        "ZZ",
    }


def is_dni(text: str) -> bool:
    """Spain, DNI and NIE: 8 digits, or X, Y or Z and 7 digits, then a check letter modulo 23."""
    if re.fullmatch("[0-9XYZ][0-9]{7}[A-Z]", text) is None:
        return False
    number = int(text[:8].translate(str.maketrans("XYZ", "012")))
    return number > 0 and _SPANISH[number % 23] == text[8]


def is_codice_fiscale(text: str) -> bool:
    """Italy: 16 characters with the date of birth and a check letter. Source: decree of 23 December 1976."""
    if re.fullmatch("[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPRST][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]", text) is None:
        return False
    if sum(character.isdigit() for character in text) < _FEWEST_DIGITS:
        return False  # "gives human nature" is a phrase
    day = int(text[9:11].translate(_OMOCODIA))
    year = int(text[6:8].translate(_OMOCODIA))
    if not is_day(year, _MONTHS.index(text[8]) + 1, day - 40 if day > 40 else day):
        return False
    values = [int(character, 36) % 10 if character.isdigit() else ord(character) - 65 for character in text[:15]]
    return chr(65 + (sum(_ODD[value] for value in values[::2]) + sum(values[1::2])) % 26) == text[15]


def is_pesel(text: str) -> bool:
    """Poland: 11 digits with the date of birth, a weighted sum modulo 10."""
    if not is_number(text, 11) or not is_day(int(text[:2]), int(text[2:4]) % 20, int(text[4:6])):
        return False
    return weighted(text, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def is_personnummer(text: str) -> bool:
    """Sweden, personal and coordination number: 10 or 12 digits with the date of birth, Luhn over the last ten."""
    if not is_number(text, 10, 12) or (len(text) == 12 and not "1850" < text[:4] < "2100"):
        return False
    short = text[-10:]
    day = int(short[4:6])
    return is_day(int(short[:2]), int(short[2:4]), day - 60 if day > 60 else day) and luhn(short)


def is_fodselsnummer(text: str) -> bool:
    """Norway, birth and D number: 11 digits with the date of birth, two check digits modulo 11."""
    if not is_number(text, 11):
        return False
    day, month = int(text[:2]), int(text[2:4])
    return (
        is_day(int(text[4:6]), month - 40 if month > 40 else month, day - 40 if day > 40 else day)
        and weighted(text, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
        and weighted(text, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )


def is_cpr(text: str) -> bool:
    """Denmark: 10 digits with the date of birth. The check digit ended in 2007, so only the date can be asked for."""
    return is_number(text, 10) and is_day(int(text[4:6]), int(text[2:4]), int(text[:2]))


def is_hetu(text: str) -> bool:
    """Finland: date of birth, sign of the century, 3 digits, a check character modulo 31. The sign may be missing."""
    if re.fullmatch("[0-9]{6}[+YXWVUABCDEF-]?[0-9]{3}[0-9A-Y]", text) is None:
        return False
    day = is_day(int(text[4:6]), int(text[2:4]), int(text[:2]))
    return day and _FINNISH[int(text[:6] + text[-4:-1]) % 31] == text[-1]


def is_bsn(text: str) -> bool:
    """Netherlands: 9 digits, weighted sum a multiple of 11 (elfproef)."""
    return is_number(text, 9) and weighted(text, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def is_steuer_id(text: str) -> bool:
    """Germany, tax identification number: 11 digits, the first not 0, digits repeat as § 139b AO allows, MOD 11,10."""
    if not is_number(text, 11) or text[0] == "0" or not mod_11_10(text):
        return False
    counts = sorted(map(text[:10].count, set(text[:10])))
    return counts[-1] in (2, 3) and counts[:-1] == [1] * (len(counts) - 1)


def is_versicherungsnummer(text: str) -> bool:
    """Germany, pension insurance: area, date of birth, letter, serial, check digit. Source: VKVV § 4."""
    if re.fullmatch("[0-9]{8}[A-Z][0-9]{3}", text) is None or not is_day(
        int(text[6:8]), int(text[4:6]), int(text[2:4])
    ):
        return False
    digits = f"{text[:8]}{ord(text[8]) - 64:02d}{text[9:11]}"
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(digits, weights, strict=True))
    return total % 10 == int(text[11])


def is_nir(text: str) -> bool:
    """France, social security number: sex, year, month, department, 8 digits, a key modulo 97. Source: INSEE."""
    if re.fullmatch("[1-478][0-9]{5}[0-9AB][0-9]{8}", text) is None:
        return False
    month = int(text[3:5])
    if not (1 <= month <= 12 or 20 <= month <= 42 or month >= 50):
        return False
    department = {"2A": "19", "2B": "18"}.get(text[5:7], text[5:7])
    return department.isdigit() and 97 - int(text[:5] + department + text[7:13]) % 97 == int(text[13:])


def is_portuguese_nif(text: str) -> bool:
    """Portugal, tax number: 9 digits, a known first digit, a weighted sum modulo 11."""
    if not is_number(text, 9) or (
        text[0] not in "1235689" and text[:2] not in {"45", "70", "71", "72", "74", "75", "77", "79"}
    ):
        return False
    rest = weighted(text, range(9, 1, -1)) % 11
    return int(text[8]) == (0 if rest < 2 else 11 - rest)


def is_rijksregisternummer(text: str) -> bool:
    """Belgium, national register: 11 digits with the date of birth, a remainder modulo 97 (with 2 before it from 2000)."""
    if not is_number(text, 11) or int(text[2:4]) % 20 > 12 or int(text[4:6]) > 31:
        return False
    check = int(text[9:])
    return check in (97 - int(text[:9]) % 97, 97 - int("2" + text[:9]) % 97)


def is_ahv(text: str) -> bool:
    """Switzerland, social insurance number: 756 and 10 digits, the last by EAN-13."""
    return is_number(text, 13) and text.startswith("756") and weighted(text, (1, 3) * 6 + (1,)) % 10 == 0


def is_svnr(text: str) -> bool:
    """Austria, social insurance number: 10 digits with the date of birth; the fourth checks the others modulo 11."""
    if not is_number(text, 10) or text[0] == "0" or int(text[4:6]) > 31 or not 1 <= int(text[6:8]) <= 15:
        return False
    return weighted(text, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == int(text[3])


def is_pps(text: str) -> bool:
    """Ireland, personal public service number: 7 digits, a check letter, perhaps one more letter."""
    if re.fullmatch("[0-9]{7}[A-W][A-IW]?", text) is None:
        return False
    total = weighted(text, range(8, 1, -1)) + 9 * (ord(text[8]) - 64 if text[8:] and text[8] != "W" else 0)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == text[7]


EUROPEAN_IDS: Mapping[str, Callable[[str], bool]] = {
    "ahv": is_ahv,
    "bsn": is_bsn,
    "codice_fiscale": is_codice_fiscale,
    "cpr": is_cpr,
    "dni": is_dni,
    "fodselsnummer": is_fodselsnummer,
    "hetu": is_hetu,
    "nhs": is_nhs,
    "nino": is_nino,
    "nir": is_nir,
    "personnummer": is_personnummer,
    "pesel": is_pesel,
    "portuguese_nif": is_portuguese_nif,
    "pps": is_pps,
    "rijksregisternummer": is_rijksregisternummer,
    "steuer_id": is_steuer_id,
    "svnr": is_svnr,
    "versicherungsnummer": is_versicherungsnummer,
}
"""By the names that the rules use."""
