from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from tests.routing.methods.tabular import Tabular, world
from upcall.edge_runtime.decision.tiers.multi_objective import Option, Privacy, Way, choose_option
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.policy import Action
from upcall.routing.methods.multi_objective import MultiObjective, dual_prices

TRAIN, CALIBRATION, TEST = (
    world(count, seed=seed, split=split)
    for count, seed, split in ((1500, 1, "train"), (200, 2, "calibration"), (300, 3, "test"))
)


def fitted(policy: Action, **changed: object) -> MultiObjective:
    method = MultiObjective(Tabular, policy=policy)
    tables = [replace(own, **changed) for own in (TRAIN, CALIBRATION)]  # type: ignore[arg-type]
    method.fit(*tables, seed=0)
    return method


def test_of_all_policies_none_is_above_the_lagrangian_one_and_budgets_are_kept() -> None:
    rng = np.random.default_rng(0)
    for _ in range(12):
        queries = int(rng.integers(2, 7))
        rows = [
            (
                [
                    Option(Way.LOCAL, 0, float(rng.uniform()), 0.0),
                    Option(Way.MASK_SEND, 1, float(rng.uniform()), 1.0, float(rng.uniform())),
                    Option(Way.SEND, 1, float(rng.uniform()), 1.0, float(rng.uniform(1, 3))),
                ],
                Privacy(is_private=False),
            )
            for _ in range(queries)
        ]
        all_policies = np.array(
            [
                np.mean([[one.quality, one.cost, one.leak] for one in policy], axis=0)
                for policy in product(*(options for options, _ in rows))
            ]
        )
        assert len(all_policies) == 3**queries
        prices = rng.uniform(0, 0.6, 2)
        chosen = [choose_option(*row, cost_price=float(prices[0]), leak_price=float(prices[1])) for row in rows]
        own = np.mean([[one.quality, one.cost, one.leak] for one in chosen], axis=0)
        worths = all_policies @ [1, *-prices]
        assert own @ [1, *-prices] == pytest.approx(worths.max())  # a supporting plane: it lies on the hull
        budgets = rng.uniform(0.1, 0.8, 2)
        cost_price, leak_price = dual_prices(rows, cost=float(budgets[0]), leak=float(budgets[1]))
        bound = (all_policies @ [1, -cost_price, -leak_price]).max() + cost_price * budgets[0] + leak_price * budgets[1]
        kept = all_policies[(all_policies[:, 1:] <= budgets + 1e-12).all(axis=1)]
        assert bound >= kept[:, 0].max() - 1e-9
        others = [
            (all_policies @ [1, -one, -two]).max() + one * budgets[0] + two * budgets[1]
            for one, two in product(np.linspace(0, 2, 21), repeat=2)
        ]
        assert bound <= min(others) + 1e-9  # the dual values: no prices bound it lower


@pytest.mark.parametrize("budgets", [(0.3, 0.1), (0.6, 0.3), (1.0, 0.0), (0.2, 5.0)])
def test_both_budgets_are_kept(budgets: tuple[float, float]) -> None:
    method = fitted(Action.ALLOW)
    prices = method.tune_budgets(cost=budgets[0], leak=budgets[1])
    spent, left = method._cost_and_leak(*prices)
    assert spent <= budgets[0] + 1e-9
    assert left <= budgets[1] + 1e-9
    assert method.leak_price == prices[1]


def test_budgets_that_nothing_keeps_are_refused() -> None:
    method = fitted(Action.MASK)
    for cost, leak in ((0.01, 1.0), (1.0, -0.1), (np.nan, 1.0)):
        with pytest.raises(InputError, match="budgets"):
            method.tune_budgets(cost=cost, leak=leak)


def test_leakage_does_not_rise_with_its_price_nor_cost_with_its() -> None:
    method = fitted(Action.ALLOW)
    prices = [0.0, 0.02, 0.05, 0.1, 0.3, 1.0, 10.0]
    for fixed in (0.0, 0.1):
        assert (np.diff([method._cost_and_leak(fixed, one)[1] for one in prices]) <= 1e-12).all()
        assert (np.diff([method._cost_and_leak(one, fixed)[0] for one in prices]) <= 1e-12).all()


def test_a_detector_that_knows_leaks_nothing_when_masked_and_blocked_words_stay() -> None:
    perfect = replace(TEST, detected_private_tokens=TEST.private_tokens)
    for policy in (Action.MASK, Action.BLOCK):
        method = MultiObjective(Tabular, policy=policy)
        train, calibration = (replace(own, detected_private_tokens=own.private_tokens) for own in (TRAIN, CALIBRATION))
        method.fit(train, calibration, seed=0)
        calls = []
        for cost_price, leak_price in product([0.0, 0.1, 0.5, 5.0], [0.0, 0.1, 5.0]):
            sent = method.send(perfect, cost_price, leak_price)
            figures = method.figures(perfect, sent)
            assert figures.leakage == 0
            assert figures.safe_call_rate == 1 or figures.call_rate == 0
            calls.append(figures.call_rate)
            if policy is Action.BLOCK:
                assert (sent.ways[perfect.detected_private_tokens > 0] == Way.LOCAL).all()
        assert max(calls) > 0.2


def test_what_masking_costs_is_learnt_from_pairs_or_unknown() -> None:
    worse = np.clip(TRAIN.quality - 0.4 * (TRAIN.detected_private_tokens > 0)[:, None], 0, 1)
    order = np.random.default_rng(0).permutation(len(TRAIN))
    masked = replace(TRAIN, quality=worse).select(order)
    method = MultiObjective(Tabular, masked=masked)
    method.fit(TRAIN, CALIBRATION, seed=0)
    found = TRAIN.detected_private_tokens > 0
    assert method.mask_loss is not None
    np.testing.assert_allclose(method.mask_loss, 0.4 * TRAIN.quality[found].mean(axis=0))
    known = method.figures(TRAIN, method.send(TRAIN, 0.0, 0.0), masked=masked)
    assert 0 < known.quality < 1
    unknown = fitted(Action.MASK)
    assert unknown.mask_loss is None
    sent = unknown.send(TRAIN, 0.0, 0.0)
    assert (sent.ways == Way.MASK_SEND).any()
    assert np.isnan(unknown.figures(TRAIN, sent).quality)
    assert "unknown" in unknown.explain(TRAIN, 0, 0.0).steps[0]
    prices = [0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5]
    less, more = (np.array([own.send(TEST, one, 0.0).ways != Way.LOCAL for one in prices]) for own in (method, unknown))
    assert (less <= more).all()
    assert less.sum() < more.sum()
    with pytest.raises(InputError, match="shares no training query"):
        MultiObjective(Tabular, masked=TEST).fit(TRAIN, CALIBRATION, seed=0)


def test_it_reads_no_quality_and_no_private_token_that_was_not_found() -> None:
    method = fitted(Action.MASK)
    other = replace(TEST, quality=1 - TEST.quality, private_tokens=np.full(len(TEST), -1), cost=TEST.cost * 3)
    for setting in method.settings()[::5]:
        np.testing.assert_array_equal(method.decide(TEST, setting).chosen, method.decide(other, setting).chosen)


def test_as_a_method_it_is_saved_explained_and_needs_its_columns() -> None:
    method = fitted(Action.MASK)
    method.tune_budgets(cost=0.5, leak=0.2)
    again = MultiObjective(Tabular)
    settings = method.settings()
    made = [method.decide(TEST, setting) for setting in settings]
    again.restore(method.state())
    assert [
        (again.decide(TEST, setting).chosen == one.chosen).all() for setting, one in zip(settings, made, strict=True)
    ]
    why = method.explain(TEST, 0, float(settings[3]))
    assert why.chosen == TEST.tiers[method.decide(TEST, float(settings[3])).chosen[0]]
    with pytest.raises(InputError, match="no calibration"):
        again.tune_budgets(cost=1, leak=1)
    unknown = replace(TRAIN, private_tokens=np.full(len(TRAIN), -1))
    with pytest.raises(InputError, match="private_tokens"):
        MultiObjective(Tabular).fit(unknown, CALIBRATION, seed=0)
