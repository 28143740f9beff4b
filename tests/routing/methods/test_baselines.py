"""Baselines decide what they say, by what they may see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.routing.outcomes import two_tiers
from upcall.edge_runtime.decision.tiers.mixture import best_tiers
from upcall.edge_runtime.errors import InputError
from upcall.routing.bases.method import Method
from upcall.routing.evaluation.registry import METHODS, entries
from upcall.routing.methods.static import prices
from upcall.routing.tables.outcome_table import OutcomeTable, Split, outcome_table

HERE = ["random", "always_each", "best_single", "length", "knn", "win_probability", "log_prob", "hybrid_det", "oracle"]


def fitted(name: str, table: OutcomeTable) -> Method:
    method = METHODS[name].make()
    method.fit(table.split(Split.TRAIN), table.split(Split.CALIBRATION), seed=0)
    return method


@pytest.mark.parametrize("name", HERE)
def test_a_method_goes_from_cheap_to_dear_and_says_why(name: str) -> None:
    table = two_tiers()
    test = table.split(Split.TEST)
    method = fitted(name, table)
    assert method.name == name
    decided = [method.decide(test, float(one)) for one in method.settings()]
    costs = [own.cost(test).mean() for own in decided]
    assert (np.diff(costs) >= 0).all()
    middle = float(method.settings()[len(method.settings()) // 2])
    own = method.decide(test, middle)
    why = method.explain(test, 7, middle)
    assert why.chosen == test.tiers[own.chosen[7]]
    assert set(why.asked) == {test.tiers[tier] for tier in np.flatnonzero(own.asked[7])}


@pytest.mark.parametrize("name", [name for name in HERE if name != "oracle"])
def test_no_decision_looks_at_quality(name: str) -> None:
    table = two_tiers(240)
    method, test = fitted(name, table), table.split(Split.TEST)
    turned = replace(test, quality=1 - test.quality)
    for setting in method.settings()[::8]:
        np.testing.assert_array_equal(
            method.decide(test, float(setting)).asked, method.decide(turned, float(setting)).asked
        )


def test_a_method_before_the_answer_does_not_look_at_the_answer() -> None:
    table = two_tiers(240)
    test = table.split(Split.TEST)
    assert test.features[0] is not None
    changed = test.features[0].copy()
    changed[:, 1] = -9
    other = replace(test, features=(changed, None))
    for name in ("hybrid_det", "win_probability", "knn", "length"):
        method = fitted(name, table)
        setting = float(method.settings()[len(method.settings()) // 2])
        np.testing.assert_array_equal(method.decide(test, setting).asked, method.decide(other, setting).asked)
    log_prob = fitted("log_prob", table)
    assert log_prob.decide(other, float(log_prob.settings()[20])).calls().all()


def test_the_log_probability_pays_for_the_device_every_time() -> None:
    table = two_tiers(240)
    method, test = fitted("log_prob", table), table.split(Split.TEST)
    decided = method.decide(test, float(method.settings()[-1]))
    assert decided.cost(test)[decided.calls()].min() == 11


def test_random_mixing_spends_what_its_setting_says() -> None:
    table = two_tiers(9000, has_features=False)
    method, test = fitted("random", table), table.split(Split.TEST)
    calls = [method.decide(test, setting).calls().mean() for setting in (0.0, 0.25, 1.0)]
    assert calls[0] == 0
    assert calls[1] == pytest.approx(0.25, abs=3 * np.sqrt(0.25 * 0.75 / 3000))
    assert calls[2] == 1


def test_neighbours_of_easy_prompts_are_easy() -> None:
    table = two_tiers()
    method, test = fitted("knn", table), table.split(Split.TEST)
    middle = float(method.settings()[len(method.settings()) // 2])
    calls = method.decide(test, middle).calls()
    assert calls[test.tasks == "hard"].mean() > calls[test.tasks == "easy"].mean() + 0.5


def test_the_oracle_takes_the_best_value_and_its_prices_turn_queries() -> None:
    table = two_tiers(240)
    method, test = fitted("oracle", table), table.split(Split.TEST)
    chosen = method.decide(test, 0.0).chosen
    assert (chosen == (test.quality[:, 1] > test.quality[:, 0])).all()
    gains, costs = np.array([[0.2, 0.6], [0.2, 0.9]]), np.array([1.0, 2.0])
    turned = [int((best_tiers(gains, costs, float(price))[0] == 1).sum()) for price in prices(gains, costs)]
    assert turned[0] == 0
    assert turned[1] == 1
    assert turned[-1] == 2
    assert prices(np.full((2, 3), 0.5), np.array([3.0, 1.0, 2.0])).tolist() == [0.0]


def test_what_a_table_lacks_is_said() -> None:
    bare = outcome_table(
        query_ids=["a", "b"], tiers=["s", "l"], quality=np.eye(2), cost=np.ones((2, 2)), splits=["train", "test"]
    )
    assert METHODS["knn"].lacks(bare) == "the table lacks the column prompt"
    assert METHODS["log_prob"].lacks(bare) == "the table lacks the feature of s post.mean_log_prob"
    assert METHODS["multi_objective"].lacks(bare) == "the table lacks the column private_tokens"
    assert not METHODS["random"].lacks(bare)
    with pytest.raises(InputError, match="2 queries have no prompt"):
        METHODS["length"].make().fit(bare, bare, seed=0)
    with pytest.raises(InputError, match="no method 'nearest'"):
        entries(["random", "nearest"])
    assert [entry.name for entry in entries(["oracle", "random", "oracle"])] == ["oracle", "random"]
