from __future__ import annotations

import pytest

from tests.edge_runtime.redaction.identity_numbers import (
    agrees_with_python_stdnum,
    has_an_answer_to_any_text,
    sees_one_wrong_character,
)
from upcall.edge_runtime.redaction.identifiers.european import EUROPEAN_IDS

ORACLES = {
    "ahv": "ch.ssn",
    "bsn": "nl.bsn",
    "codice_fiscale": "it.codicefiscale",
    "dni": "es.nif",
    "fodselsnummer": "no.fodselsnummer",
    "hetu": "fi.hetu",
    "nhs": "gb.nhs",
    "nir": "fr.nir",
    "personnummer": "se.personnummer",
    "pesel": "pl.pesel",
    "portuguese_nif": "pt.nif",
    "pps": "ie.pps",
    "rijksregisternummer": "be.nn",
    "steuer_id": "de.idnr",
    "svnr": "at.vnr",
}
EXAMPLES = {
    "ahv": "7569217076985",
    "bsn": "111222333",
    "codice_fiscale": "RSSMRA85T10A562S",
    "cpr": "0707614285",
    "dni": "12345678Z",
    "fodselsnummer": "15108695088",
    "hetu": "131052-308T",
    "nhs": "9434765919",
    "nino": "AB123456C",
    "nir": "295109912611193",
    "personnummer": "6408233234",
    "pesel": "44051401359",
    "portuguese_nif": "501964843",
    "pps": "6433435F",
    "rijksregisternummer": "85073003328",
    "steuer_id": "36574261809",
    "svnr": "1237010180",
    "versicherungsnummer": "15070649C103",
}
# Dates of the future, coordination numbers and temporary numbers, which the oracle refuses.
WIDER = {"hetu", "personnummer", "rijksregisternummer"}
# Days, months and first digits that are not allotted, which the oracle does not look at.
NARROWER = {"codice_fiscale", "nir", "portuguese_nif", "rijksregisternummer", "svnr"}


@pytest.mark.parametrize("name", EUROPEAN_IDS)
def test_published_example(name: str) -> None:
    assert EUROPEAN_IDS[name](EXAMPLES[name])


@pytest.mark.parametrize("name", EUROPEAN_IDS)
def test_any_text_has_an_answer(name: str) -> None:
    has_an_answer_to_any_text(EUROPEAN_IDS[name], EXAMPLES[name])


@pytest.mark.parametrize("name", sorted(set(EUROPEAN_IDS) - {"cpr", "nino"}))
def test_one_wrong_character_is_seen(name: str) -> None:
    sees_one_wrong_character(EUROPEAN_IDS[name], EXAMPLES[name], most=0.06)


@pytest.mark.parametrize("name", ORACLES)
def test_agrees_with_python_stdnum(name: str) -> None:
    agrees_with_python_stdnum(
        name, EUROPEAN_IDS[name], EXAMPLES[name], module=ORACLES[name], wider=WIDER, narrower=NARROWER
    )
