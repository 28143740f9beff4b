from __future__ import annotations

import pytest

from upcall.edge_runtime.redaction.identifiers.medical import MEDICAL_IDS

EXAMPLES = {"dea": "BB1388568", "kvnr": "A123456780", "mbi": "1EG4TE5MK73", "npi": "1234567893"}


@pytest.mark.parametrize("name", MEDICAL_IDS)
def test_published_example(name: str) -> None:
    assert MEDICAL_IDS[name](EXAMPLES[name])
    assert not any(map(MEDICAL_IDS[name], ("", "1", EXAMPLES[name][:-1], EXAMPLES[name] + "1")))


@pytest.mark.parametrize("name", ["dea", "kvnr", "npi"])
def test_every_wrong_check_digit_is_seen(name: str) -> None:
    body = EXAMPLES[name][:-1]
    assert [digit for digit in "0123456789" if MEDICAL_IDS[name](body + digit)] == [EXAMPLES[name][-1]]


@pytest.mark.parametrize("text", ["1SG4TE5MK73", "0EG4TE5MK73", "1EG4TE5MK7O", "1EGATE5MK73"])
def test_letters_that_read_as_digits_are_in_no_beneficiary_number(text: str) -> None:
    assert not MEDICAL_IDS["mbi"](text)
