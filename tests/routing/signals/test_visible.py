"""Only what is visible is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.routing.worlds import PRE_NAMES, logistic_world
from upcall.edge_runtime.errors import InputError
from upcall.routing.signals.visible import Signals, agreement, normalised, repetition
from upcall.routing.tables.outcome_table import outcome_table

TABLE = logistic_world(120)[0]


@pytest.mark.parametrize("asked", [(), (0,), (1,), (0, 2), (0, 1, 2)])
def test_what_was_not_asked_is_not_seen(asked: tuple[int, ...]) -> None:
    signals = Signals(components=4).fit(TABLE)
    hidden = [tier for tier in range(3) if tier not in asked]
    answers, device = TABLE.answers.copy(), TABLE.features[0]
    answers[:, hidden] = "other words 17"
    assert device is not None
    features = device.copy()
    if 0 not in asked:
        features[:, len(PRE_NAMES) :] = 0
    changed = replace(
        TABLE, answers=answers, features=(features, None, None), quality=1 - TABLE.quality, tasks=TABLE.tasks[::-1]
    )
    seen = signals.transform(TABLE, frozenset(asked))
    assert (signals.transform(changed, frozenset(asked)) == seen).all()
    changed = replace(TABLE, features=(device + 1, None, None))
    assert (signals.transform(changed, frozenset(asked)) != seen).any()


def test_more_is_seen_the_more_have_answered() -> None:
    signals = Signals(components=4).fit(TABLE)
    widths = [signals.transform(TABLE, frozenset(asked)).shape[1] for asked in ((), (0,), (0, 1), (0, 1, 2))]
    assert widths == sorted(set(widths))


def test_prompts_where_the_device_has_no_features() -> None:
    plain = outcome_table(
        query_ids=["a", "b", "c"],
        tiers=["device", "cloud"],
        quality=np.ones((3, 2)),
        cost=np.ones((3, 2)),
        splits=["train"] * 3,
        prompts=["add two numbers", "name a colour", "add more numbers"],
    )
    one = Signals().fit(plain).transform(plain, frozenset())
    assert one.shape[1] > 0
    assert np.abs(one[0] - one[2]).sum() < np.abs(one[0] - one[1]).sum()
    nothing = replace(plain, prompts=(None, None, None))
    assert Signals().fit(nothing).transform(nothing, frozenset({0, 1})).shape == (3, 0)


@pytest.mark.parametrize(
    ("answer", "same"),
    [
        ("It is 1,200.", "1200.0"),
        ("12 + 30 = 42", "42.0"),
        ("-3", "-3.0"),
        ("Positive!", "positive"),
        ("", None),
        (None, None),
        ("…", None),
    ],
)
def test_what_must_be_equal(answer: str | None, same: str | None) -> None:
    assert normalised(answer) == same


def test_answers_that_agree() -> None:
    answers = np.array([["so 7", "It is 7."], ["yes", "no"], [None, None], ["Yes.", "yes"]], dtype=object)
    table = replace(TABLE.select(np.arange(4)).with_tiers([0, 1]), answers=answers)
    assert agreement(table, 0, 1).tolist() == [1, 0, 0, 1]


def test_repetition() -> None:
    assert repetition("to be or to be") == pytest.approx(2 / 5)
    assert repetition("") == repetition(None) == 0


def test_tables_of_another_kind() -> None:
    signals = Signals(components=4).fit(TABLE)
    for table, asked, text in (
        (TABLE.with_tiers([0, 1]), frozenset({0}), "has 2 tiers"),
        (TABLE, frozenset({3}), "has 3 tiers"),
        (replace(TABLE, features=(None, None, None), feature_names=((), (), ())), frozenset({0}), "lacks the features"),
    ):
        with pytest.raises(InputError, match=text):
            signals.transform(table, asked)
