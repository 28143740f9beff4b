"""The arithmetic of the redaction benchmark: its data, scores, check digits and disguises."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from benchmarks import pii_attacks, pii_data
from benchmarks.pii_data import Marked
from benchmarks.pii_scores import f1, recall, score
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction import Detector, EntityType

ANNA = Marked("I am Anna Lee, of Paris", ((5, 13, "PERSON"), (18, 23, "GPE")))


def test_nothing_found() -> None:
    sums = score([ANNA], [[]])
    assert (sums.leak, sums.leaking, sums.wholly_leaked, sums.over) == (1, 1, 1, 0)


def test_half_found_and_too_much_taken() -> None:
    sums = score([ANNA], [[(3, 9, "PERSON"), (18, 23, "LOCATION")]])
    assert sums.leak == 4 / 8 and sums.wholly_leaked == 0
    assert sums.over == 2 / 11 and sums.over_of_plain == 2 / 10
    assert f1(sums.overlap["PERSON"]) == 1 and f1(sums.strict["PERSON"]) == 0
    assert f1(sums.strict["LOCATION"]) == 1


def test_places_are_no_core() -> None:
    assert score([ANNA], [[(5, 13, "PERSON")]]).leak == 0


def test_wrong_type_is_no_leak_but_no_hit() -> None:
    sums = score([ANNA], [[(5, 13, "ADDRESS")]])
    assert sums.leak == 0 and f1(sums.overlap["PERSON"]) == 0


def test_f1() -> None:
    assert f1({"right": 1, "given": 2, "hit": 1, "real": 1}) == pytest.approx(2 / 3)
    assert f1({"right": 0, "given": 0, "hit": 0, "real": 1}) == 0


def test_recall_counts_groups() -> None:
    assert recall([ANNA], [[(18, 20, "x")]], {"GPE": "place", "PERSON": "person"}) == {"person": 0, "place": 1}


def test_tweets(tmp_path: Path) -> None:
    path = tmp_path / "tweets"
    path.write_text("At\tO\nRedondo\tB-location\nBeach\tI-location,B-x\n\t\n\nHi\tO\n", encoding="utf-8")
    assert pii_data.tweets(path) == [Marked("At Redondo Beach", ((3, 16, "location"),)), Marked("Hi", ())]


def test_templates_seen_before_are_left_out() -> None:
    same = Marked("I am Bo, of Rome", ((5, 7, "PERSON"), (12, 16, "GPE")))
    other = Marked("You are Bo", ((8, 10, "PERSON"),))
    assert pii_data.other_templates([same, other], [ANNA]) == [other]


def test_chats() -> None:
    texts = [Marked("x" * 7, ())] * 3
    assert list(pii_data.chats(texts, 10)) == ["xxxxxxx\nxx"]


def test_missing_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(pii_data.DATA_VARIABLE, raising=False)
    for given in (tmp_path, None):
        with pytest.raises(InputError, match="--data"):
            pii_data.folder(given)


def test_luhn() -> None:
    assert pii_attacks.luhn_digit("7992739871") == "3"


def test_samples_are_right_and_wrong_in_pairs() -> None:
    listed = list(pii_attacks.samples(4, seed=0))
    assert listed == list(pii_attacks.samples(4, seed=0)) and listed != list(pii_attacks.samples(4, seed=1))
    for right, wrong in zip(listed[::2], listed[1::2], strict=True):
        assert right.is_right and not wrong.is_right and right.value[:-1] == wrong.value[:-1] != wrong.value


def test_cards_and_accounts_are_what_the_rules_take_for_real() -> None:
    detector = Detector()
    for sample in pii_attacks.samples(30, seed=5):
        if sample.kind in (EntityType.CREDIT_CARD, EntityType.IBAN):
            found = [span for span in detector.find(sample.text) if span.entity_type == sample.kind]
            assert bool(found) == sample.is_right


def test_disguises_keep_the_value() -> None:
    sample = next(pii_attacks.samples(1, seed=0))
    for name in pii_attacks.TRANSFORMS:
        hidden = pii_attacks.disguised(sample, name)
        assert hidden.text.startswith(sample.before) and (name == "plain") == (hidden.value == sample.value)
    assert base64.b64decode(pii_attacks.disguised(sample, "base64").value).decode() == sample.value
    assert all(not one.value.isascii() for one in pii_attacks.look_alike_emails(5, seed=0))
