"""Medical identifiers of the United States and Germany. Separators are removed, letters upper case; nothing is raised."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from upcall.edge_runtime.redaction.identifiers.check_digits import luhn, weighted

_LETTER = "[AC-HJKMNP-RT-Y]"  # not S, L, O, I, B, Z, which read as digits
_MBI = re.compile(f"[1-9]{_LETTER}(?:{_LETTER}|[0-9])[0-9]{_LETTER}(?:{_LETTER}|[0-9])[0-9]{_LETTER}{{2}}[0-9]{{2}}")


def is_npi(text: str) -> bool:
    """National provider identifier: 10 digits, the first 1 or 2, Luhn with 80840 before them. Source: 45 CFR 162.406."""
    return re.fullmatch("[12][0-9]{9}", text) is not None and luhn("80840" + text)


def is_dea(text: str) -> bool:
    """Drug Enforcement Administration: kind of registrant, a letter or 9, 7 digits of which the last checks the others."""
    if re.fullmatch("[A-HJ-NP-UX][A-Z9][0-9]{7}", text) is None:
        return False
    return weighted(text[2:8], (1, 2, 1, 2, 1, 2)) % 10 == int(text[8])


def is_mbi(text: str) -> bool:
    """Medicare beneficiary identifier: 11 characters, each of its own kind. Source: CMS, Understanding the MBI format."""
    return _MBI.fullmatch(text) is not None


def is_kvnr(text: str) -> bool:
    """Germany, health insurance number: a letter and 9 digits, the last by Luhn from the left. Source: § 290 SGB V."""
    if re.fullmatch("[A-Z][0-9]{9}", text) is None:
        return False
    digits = f"{ord(text[0]) - 64:02d}{text[1:9]}"
    total = sum(sum(divmod(int(digit) * (1 + index % 2), 10)) for index, digit in enumerate(digits))
    return total % 10 == int(text[9])


MEDICAL_IDS: Mapping[str, Callable[[str], bool]] = {"dea": is_dea, "kvnr": is_kvnr, "mbi": is_mbi, "npi": is_npi}
"""By the names that the rules use."""
