from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from upcall.edge_runtime.redaction import load_rules
from upcall.edge_runtime.redaction.checks import SCHEMES
from upcall.edge_runtime.redaction.identifiers.check_digits import luhn, mod_11_10, verhoeff
from upcall.edge_runtime.redaction.identifiers.crypto_addresses import CRYPTO_ADDRESSES
from upcall.edge_runtime.redaction.identifiers.numbers import iban_end, is_card, is_ssn

CASES = json.loads((Path(__file__).parents[2] / "proto/vectors/checksums.json").read_text())["check"]


def _is_card(text: str) -> bool:
    return is_card(text, load_rules().card_prefixes)


def _is_iban(text: str) -> bool:
    rules = load_rules()
    return iban_end(text, 0, rules.iban_lengths, rules.iban_numeric) == len(text)


CHECKSUMS: Mapping[str, Callable[[str], bool]] = {
    **SCHEMES,
    **CRYPTO_ADDRESSES,
    "card": _is_card,
    "iban": _is_iban,
    "luhn": luhn,
    "mod_11_10": mod_11_10,
    "ssn": is_ssn,
    "verhoeff": verhoeff,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['scheme']} {case['text']!a}")
def test_check(case: dict[str, Any]) -> None:
    assert CHECKSUMS[case["scheme"]](case["text"]) is case["valid"]


def test_every_checksum_accepts_and_refuses() -> None:
    counts = Counter((case["scheme"], case["valid"]) for case in CASES)
    assert {scheme for scheme, _ in counts} == set(CHECKSUMS)
    assert not [scheme for scheme in CHECKSUMS if counts[scheme, True] < 4 or counts[scheme, False] < 5]
