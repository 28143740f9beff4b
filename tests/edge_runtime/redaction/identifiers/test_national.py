from __future__ import annotations

import pytest

from tests.edge_runtime.redaction.identity_numbers import (
    agrees_with_python_stdnum,
    has_an_answer_to_any_text,
    sees_one_wrong_character,
)
from upcall.edge_runtime.redaction.identifiers.national import NATIONAL_IDS

ORACLES = {
    "aadhaar": "in_.aadhaar",
    "cpf": "br.cpf",
    "curp": "mx.curp",
    "my_number": "jp.in_",
    "pan": "in_.pan",
    "rrn": "kr.rrn",
    "rut": "cl.rut",
    "sin": "ca.sin",
    "south_african_id": "za.idnr",
    "tckn": "tr.tckimlik",
    "tfn": "au.tfn",
}
EXAMPLES = {
    "aadhaar": "234123412346",
    "cpf": "39053344705",
    "curp": "BOXW310820HNERXN09",
    "medicare": "2123456701",
    "my_number": "123456789018",
    "nric": "S0000001I",
    "pan": "ACUPA7085R",
    "resident_id": "11010519491231002X",
    "rrn": "9710139019902",
    "rut": "760864285",
    "sin": "123456782",
    "south_african_id": "7503305044089",
    "tckn": "17291716060",
    "tfn": "123456782",
}
# Places of birth and bad words, which the oracle refuses.
WIDER = {"curp", "rrn"}
NARROWER: set[str] = set()


@pytest.mark.parametrize("name", NATIONAL_IDS)
def test_published_example(name: str) -> None:
    assert NATIONAL_IDS[name](EXAMPLES[name])


@pytest.mark.parametrize("name", NATIONAL_IDS)
def test_any_text_has_an_answer(name: str) -> None:
    has_an_answer_to_any_text(NATIONAL_IDS[name], EXAMPLES[name])


@pytest.mark.parametrize("name", sorted(set(NATIONAL_IDS) - {"medicare", "pan"}))
def test_one_wrong_character_is_seen(name: str) -> None:
    sees_one_wrong_character(NATIONAL_IDS[name], EXAMPLES[name], most=0.1)


@pytest.mark.parametrize("name", ORACLES)
def test_agrees_with_python_stdnum(name: str) -> None:
    agrees_with_python_stdnum(
        name, NATIONAL_IDS[name], EXAMPLES[name], module=ORACLES[name], wider=WIDER, narrower=NARROWER
    )
