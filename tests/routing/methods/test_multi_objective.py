from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from tests.routing.methods.tabular import Tabular, world
from upcall.edge_runtime.decision.tiers.multi_objective import Way
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.policy import Action
from upcall.routing.methods.multi_objective import MultiObjective, Sent
from upcall.routing.tables.outcome_table import OutcomeTable

TRAIN, CALIBRATION, TEST = (
    world(count, seed=seed, split=split)
    for count, seed, split in ((1500, 1, "train"), (200, 2, "calibration"), (300, 3, "test"))
)


def fitted(policy: Action, **changed: object) -> MultiObjective:
    method = MultiObjective(Tabular, policy=policy)
    tables = [replace(own, **changed) for own in (TRAIN, CALIBRATION)]  # type: ignore[arg-type]
    method.fit(*tables, seed=0)
    return method


def left(table: OutcomeTable, sent: Sent) -> np.ndarray:
    """[N] private tokens that left: all when sent as it is, those not detected when masked, none from the device."""
    missed = table.private_tokens - table.detected_private_tokens
    return np.where(sent.ways == Way.SEND, table.private_tokens, np.where(sent.ways == Way.MASK_SEND, missed, 0))


def test_leakage_does_not_rise_with_its_price_nor_cost_with_its() -> None:
    method = fitted(Action.ALLOW)
    prices = [0.0, 0.02, 0.05, 0.1, 0.3, 1.0, 10.0]
    for fixed in (0.0, 0.1):
        leaks = [left(TEST, method.send(TEST, fixed, one)).mean() for one in prices]
        assert leaks[0] > leaks[-1]
        assert (np.diff(leaks) <= 0).all()
        calls = [(method.send(TEST, one, fixed).ways != Way.LOCAL).mean() for one in prices]
        assert calls[0] > calls[-1]
        assert (np.diff(calls) <= 0).all()


def test_a_detector_that_knows_leaks_nothing_when_masked_and_blocked_words_stay() -> None:
    perfect = replace(TEST, detected_private_tokens=TEST.private_tokens)
    for policy in (Action.MASK, Action.BLOCK):
        method = MultiObjective(Tabular, policy=policy)
        train, calibration = (replace(own, detected_private_tokens=own.private_tokens) for own in (TRAIN, CALIBRATION))
        method.fit(train, calibration, seed=0)
        calls = []
        for cost_price, leak_price in product([0.0, 0.1, 0.5, 5.0], [0.0, 0.1, 5.0]):
            sent = method.send(perfect, cost_price, leak_price)
            assert not left(perfect, sent).any()
            calls.append((sent.ways != Way.LOCAL).mean())
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
    unknown = fitted(Action.MASK)
    assert unknown.mask_loss is None
    sent = unknown.send(TRAIN, 0.0, 0.0)
    assert (sent.ways == Way.MASK_SEND).any()
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


def test_as_a_method_it_is_explained_and_needs_its_columns() -> None:
    method = fitted(Action.MASK)
    settings = method.settings()
    why = method.explain(TEST, 0, float(settings[3]))
    assert why.chosen == TEST.tiers[method.decide(TEST, float(settings[3])).chosen[0]]
    unknown = replace(TRAIN, private_tokens=np.full(len(TRAIN), -1))
    with pytest.raises(InputError, match="private_tokens"):
        MultiObjective(Tabular).fit(unknown, CALIBRATION, seed=0)
