"""A table in, figures out: nothing is chosen on the test queries, and what cannot be run is said."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.routing.outcomes import two_tiers
from upcall.edge_runtime.errors import InputError
from upcall.routing.evaluation import metrics
from upcall.routing.evaluation.evaluate import Evaluation, Options, evaluate
from upcall.routing.evaluation.guarantee import Bound
from upcall.routing.evaluation.json_values import as_json
from upcall.routing.evaluation.registry import METHODS
from upcall.routing.tables.outcome_table import OutcomeTable, Split

NAMES = ("random", "best_single", "length", "log_prob", "win_probability", "hybrid_det", "oracle")


@pytest.fixture(scope="module")
def table() -> OutcomeTable:
    return two_tiers(900)


@pytest.fixture(scope="module")
def evaluation(table: OutcomeTable) -> Evaluation:
    return evaluate(table, Options(methods=(*NAMES, "self_verification"), resamples=60, promise_resamples=40))


def test_what_the_columns_do_not_allow_is_said(evaluation: Evaluation) -> None:
    assert [own.name for own in evaluation.results] == list(NAMES)
    assert evaluation.left_out == {"self_verification": "the table lacks the feature of device post.self_verification"}


def test_routers_beat_single_tiers_where_prompts_tell_and_the_oracle_bounds_them(evaluation: Evaluation) -> None:
    of = {own.name: own for own in evaluation.results}
    assert of["random"].figures.above_static == metrics.Interval(0.0, 0.0, 0.0)
    assert not of["random"].beats_static
    for name in ("win_probability", "hybrid_det"):
        assert of[name].beats_static
        assert of[name].figures.above_static.low > 0
        assert of[name].figures.apgr.low > 0.65
        assert of[name].cloud_quality.calls.value < 0.9
        assert of[name].figures.auc.value <= of["oracle"].figures.auc.value
    assert of["log_prob"].signal is not None
    assert of["log_prob"].signal.auroc.value > 0.8
    assert np.isnan(of["log_prob"].signal.ece.value)
    assert of["hybrid_det"].signal is not None
    assert of["hybrid_det"].signal.ece.value < 0.2
    assert evaluation.difference("hybrid_det", "random").value == pytest.approx(
        of["hybrid_det"].figures.above_static.value
    )
    with pytest.raises(InputError, match="was not run"):
        evaluation.difference("hybrid_det", "knn")


def test_the_area_is_that_of_the_points(evaluation: Evaluation) -> None:
    own = next(one for one in evaluation.results if one.name == "hybrid_det")
    quality, cost = ([one.value for one in each] for each in (evaluation.tier_quality, evaluation.tier_cost))
    ends = metrics.Ends(cost[0], quality[0], cost[1], quality[1])
    assert own.figures.auc.value == pytest.approx(metrics.area(own.points[:, 0], own.points[:, 2], ends))
    calls = metrics.Ends(0, quality[0], 1, quality[1])
    assert own.figures.apgr.value == pytest.approx(metrics.apgr(own.points[:, 1], own.points[:, 2], calls))


def test_budgets_are_spent_and_no_more(evaluation: Evaluation) -> None:
    assert evaluation.options.budgets == (3.25, 5.5, 7.75)
    for own in evaluation.results:
        for budget, point in zip(evaluation.options.budgets, own.budgets, strict=True):
            assert point.cost.value <= budget * 1.25  # chosen on other queries
            if own.name == "random":
                assert point.cost.value == pytest.approx(budget)
                assert point.quality.low <= point.quality.value <= point.quality.high


def test_the_promise_holds_and_the_rule_in_sample_breaks_its_own(evaluation: Evaluation) -> None:
    for own in evaluation.results:
        assert own.promise.resampled.violations <= 0.1
    hybrid = next(own for own in evaluation.results if own.name == "hybrid_det")
    assert hybrid.promise.resampled.kept > 0.1
    assert hybrid.promise.in_sample_resampled.violations > hybrid.promise.resampled.violations


def test_no_figure_of_choice_depends_on_the_test_queries(table: OutcomeTable, evaluation: Evaluation) -> None:
    turned = replace(table, quality=np.where((table.splits == Split.TEST)[:, None], 1 - table.quality, table.quality))
    other = evaluate(turned, replace(evaluation.options, methods=("length", "win_probability", "oracle")))
    before = {own.name: own for own in evaluation.results}
    for theirs in other.results:
        ours = before[theirs.name]
        assert ours.above_static_held == theirs.above_static_held
        assert ours.promise.setting == theirs.promise.setting
        assert ours.cloud_quality.settings == theirs.cloud_quality.settings
        assert [one.settings for one in ours.budgets] == [one.settings for one in theirs.budgets]
        if ours.name != "oracle":
            np.testing.assert_array_equal(ours.points[:, :2], theirs.points[:, :2])


def test_same_seed_same_figures(table: OutcomeTable) -> None:
    options = Options(methods=("random", "length"), resamples=20, promise_resamples=5, seed=3)
    assert as_json(evaluate(table, options)) == as_json(evaluate(table, options))


def test_json_is_strict(evaluation: Evaluation) -> None:
    told = as_json(evaluation)
    text = json.dumps(told, allow_nan=False)
    assert "areas" not in text
    assert told["results"][2]["settings"][0] == "-inf"
    assert told["results"][1]["signal"] is None
    assert told["differences"]["hybrid_det"]["random"]["low"] > 0
    assert "random" not in told["differences"]


def test_leakage_where_private_tokens_are_known(table: OutcomeTable) -> None:
    private = np.arange(900) // 3 % 3
    known = replace(table, private_tokens=private, detected_private_tokens=np.minimum(private, 1))
    own = evaluate(known, Options(methods=("random",), resamples=20)).results[0]
    by = {(str(one.policy), one.setting): one for one in own.leaks}
    test = known.split(Split.TEST)
    assert by["allow", 1.0].tokens.value == pytest.approx(test.private_tokens.mean())
    assert by["mask", 1.0].tokens.value == pytest.approx((test.private_tokens - test.detected_private_tokens).mean())
    assert by["block", 1.0].tokens.value == 0
    assert by["block", 1.0].calls.value == pytest.approx((test.detected_private_tokens == 0).mean())
    assert by["block", 1.0].safe_calls.value == 1
    assert by["allow", 1.0].safe_calls.value == pytest.approx((test.private_tokens == 0).mean())
    assert np.isnan(by["allow", 0.0].safe_calls.value)
    assert by["block", 1.0].quality.value < by["mask", 1.0].quality.value


@pytest.mark.parametrize("budget", [0.5, -1.0, np.nan, np.inf])
def test_a_budget_below_the_cheapest_tier_is_refused(table: OutcomeTable, budget: float) -> None:
    with pytest.raises(InputError, match=r"cheapest tier, device, costs\.\nAllowed: 1 or more, in relative"):
        evaluate(table, Options(methods=("random",), budgets=(2.0, budget)))


def test_tables_that_cannot_be_evaluated(table: OutcomeTable) -> None:
    options = Options(methods=("random",), resamples=5)
    with pytest.raises(InputError, match="no queries of the split calibration"):
        evaluate(table.select(table.splits != Split.CALIBRATION), options)
    with pytest.raises(InputError, match="one tier"):
        evaluate(table.with_tiers([0]), options)
    with pytest.raises(InputError, match="cost the same"):
        evaluate(replace(table, cost=np.ones_like(table.cost)), options)
    with pytest.raises(InputError, match="no method 'magic'"):
        evaluate(table, Options(methods=("magic",)))
    same = replace(table, prompts=("the same",) * len(table))
    with pytest.raises(InputError, match="same prompt"):
        evaluate(same, options)


@pytest.mark.parametrize(
    "wrong", [{"most": 0.0}, {"delta": 1.0}, {"cloud_share": 1.5}, {"resamples": 0}], ids=lambda own: next(iter(own))
)
def test_options_out_of_range(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Options(**wrong)  # type: ignore[arg-type]


def test_one_class_only(table: OutcomeTable) -> None:
    always = replace(table, quality=np.ones_like(table.quality))
    names = tuple(
        name for name, own in METHODS.items() if own.module in ("static", "baselines") or name == "hybrid_trans"
    )
    found = evaluate(always, Options(methods=names, resamples=5, promise_resamples=5, bound=Bound.CLOPPER_PEARSON))
    assert all(own.figures.auc.value == pytest.approx(1) for own in found.results)
    assert all(np.isnan(own.figures.apgr.value) for own in found.results)
    json.dumps(as_json(found), allow_nan=False)


def test_with_three_tiers_the_spend_takes_the_place_of_calls(table: OutcomeTable) -> None:
    three = table.with_tiers([0, 1, 1])
    three = replace(three, tiers=("device", "near", "far"), cost=np.tile([1.0, 6.0, 11.0], (len(three), 1)))
    middling = np.where(three.tasks == "hard", 0.5, 1.0)
    three = replace(three, quality=np.stack([three.quality[:, 0], middling, np.ones(len(three))], axis=1))
    own = evaluate(three, Options(methods=("always_each",), resamples=5, promise_resamples=5)).results[0]
    quality = three.split(Split.TEST).quality.mean(axis=0)
    gained = (quality - quality[0]) / (quality[2] - quality[0])
    assert own.figures.apgr.value == pytest.approx(0.5 * gained[1] / 2 + 0.5 * (gained[1] + 1) / 2)
    assert own.points[:, 1].tolist() == [0, 1, 1]
    assert own.cloud_quality.settings == (2.0,)
