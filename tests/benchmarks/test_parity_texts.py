from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from benchmarks import parity_texts, pii_data
from benchmarks.pii_data import Marked
from upcall.edge_runtime.decision.decide import Strategy
from upcall.edge_runtime.decision.device_state import DeviceState

ANNA = Marked("I am Anna, mail a@example.com", ((5, 9, "PERSON"), (16, 29, "EMAIL_ADDRESS")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    entry = {
        "full_text": f"{ANNA.text}. {'So it goes on. ' * 20}",
        "spans": [
            {"start_position": start, "end_position": end, "entity_type": kind} for start, end, kind in ANNA.spans
        ],
    }
    for name in (pii_data.DEV, pii_data.LARGE):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps([entry]), encoding="utf-8")
    (tmp_path / pii_data.TWEETS).parent.mkdir()
    (tmp_path / pii_data.TWEETS).write_text("Hello\tO\nAnna\tB-person\n", encoding="utf-8")
    return tmp_path


def test_all_kinds_come_in_their_shares(folder: Path) -> None:
    made = parity_texts.texts(folder, count=40, seed=1)
    assert [sum(text.kind == kind for text in made) for kind in parity_texts.SHARES] == [10, 4, 4, 4, 8, 5, 5]
    assert {text.kind for text in made if text.is_json} == {"JSON"}


def test_a_seed_gives_the_same_texts(folder: Path) -> None:
    first, again, other = (parity_texts.texts(folder, count=40, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_few_texts_still_hold_every_kind(folder: Path) -> None:
    assert {text.kind for text in parity_texts.texts(folder, count=1, seed=1)} == set(parity_texts.SHARES)


def test_shares_add_up() -> None:
    assert sum(parity_texts.SHARES.values()) == 1


@pytest.mark.parametrize("seed", range(20))
def test_documents_are_json_and_hold_the_private_words(seed: int) -> None:
    value = json.loads(parity_texts.document(ANNA, random.Random(seed)))
    assert value["message"] == ANNA.text
    assert value["customer"]["person"] == "Anna"


@pytest.mark.parametrize("seed", range(20))
def test_code_holds_the_private_words(seed: int) -> None:
    text = parity_texts.code(ANNA, random.Random(seed))
    assert "Anna" in text and "a@example.com" in text and text.endswith("```")


def test_odd_texts_reach_beyond_the_basic_plane_and_to_lone_surrogates() -> None:
    rng = random.Random(0)
    joined = "".join(parity_texts.odd("Anna", rng) for _ in range(500))
    assert any(one > "\uffff" for one in joined)
    assert any("\ud800" <= one <= "\udfff" for one in joined)


@pytest.mark.parametrize("seed", range(20))
def test_circumstances_are_acceptable(seed: int) -> None:
    given = parity_texts.circumstances(random.Random(seed))
    Strategy(given.pop("strategy"))
    for name in ("score", "threshold", "quality_level"):
        given.pop(name)
    DeviceState(**given)
