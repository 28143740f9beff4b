"""Estimates against worlds whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.routing.worlds import logistic_world
from upcall.edge_runtime.errors import InputError
from upcall.routing.estimates.quality_model import FOLDS, QualityModel
from upcall.routing.evaluation.metrics import auroc, ece
from upcall.routing.tables.outcome_table import OutcomeTable, Split

NOBODY, DEVICE, ALL = frozenset[int](), frozenset({0}), frozenset({0, 1, 2})


@pytest.fixture(scope="module")
def world() -> tuple[OutcomeTable, np.ndarray, np.ndarray]:
    return logistic_world(2400)


@pytest.fixture(scope="module")
def model(world: tuple[OutcomeTable, np.ndarray, np.ndarray]) -> QualityModel:
    table = world[0]
    return QualityModel(table.split(Split.TRAIN), table.split(Split.CALIBRATION), seed=0, components=8)


def test_the_truth_is_found(model: QualityModel, world: tuple[OutcomeTable, np.ndarray, np.ndarray]) -> None:
    table, before, after = world
    is_test = table.splits == Split.TEST
    test = table.select(is_test)
    right = test.quality[:, 0] > 0
    for asked, truth in ((NOBODY, before), (DEVICE, after)):
        estimate = model.mean(test, asked)
        assert estimate.shape == (len(test), 3)
        assert ((estimate >= 0) & (estimate <= 1)).all()
        assert auroc(estimate[:, 0], right) > auroc(truth[is_test], right) - 0.03
        assert ece(estimate[:, 0], right) < 0.06
    assert auroc(model.mean(test, DEVICE)[:, 0], right) > auroc(model.mean(test, NOBODY)[:, 0], right) + 0.05


def test_tiers_that_nothing_tells_of_have_their_mean(
    model: QualityModel, world: tuple[OutcomeTable, object, object]
) -> None:
    estimate = model.mean(world[0].split(Split.TEST), NOBODY)[:, 2]
    assert estimate == pytest.approx(0.95, abs=0.06)


def test_agreement_tells_more(model: QualityModel, world: tuple[OutcomeTable, object, object]) -> None:
    test = world[0].split(Split.TEST)
    right = test.quality[:, 1] > 0
    alone, beside = (auroc(model.mean(test, frozenset(asked))[:, 1], right) for asked in ({1}, {1, 2}))
    assert alone < 0.6 < 0.9 < beside


def test_covariance_shrinks_as_more_is_known(model: QualityModel) -> None:
    none, one, every = (model.covariance(asked) for asked in (NOBODY, DEVICE, ALL))
    assert none.shape == (3, 3)
    assert (none == none.T).all()
    assert none[0, 0] > one[0, 0] > 0
    assert np.linalg.eigvalsh(none).min() > -1e-12
    assert not every.any()


def test_out_of_fold_estimates_do_not_know_their_own_query(world: tuple[OutcomeTable, object, object]) -> None:
    train, calibration = (world[0].split(split).select(np.arange(200)) for split in (Split.TRAIN, Split.CALIBRATION))
    turned = train.quality.copy()
    turned[0] = 1 - turned[0]
    estimates = []
    for quality in (train.quality, turned):
        model = QualityModel(replace(train, quality=quality), calibration, seed=0, components=8)
        model._strengths = {(tier, asked): 0.1 for tier in range(3) for asked in (False, True)}
        signals = model._signals.transform(train, DEVICE)
        assert signals.shape[0] == len(model._folds) == 200
        assert set(model._folds) == set(range(FOLDS))
        model._fitted(DEVICE)
        model._estimators[DEVICE] = [replace(own, scaling=type(own.scaling)()) for own in model._estimators[DEVICE]]
        estimates.append(model.out_of_fold(DEVICE))
    same_fold = model._folds == model._folds[0]
    assert (estimates[0][same_fold] == estimates[1][same_fold]).all()
    assert (estimates[0][~same_fold] != estimates[1][~same_fold]).any()


def test_only_what_is_visible_counts(model: QualityModel, world: tuple[OutcomeTable, object, object]) -> None:
    test = world[0].split(Split.TEST)
    changed = replace(test, quality=1 - test.quality, tasks=test.tasks[::-1], cost=test.cost + 1)
    assert (model.mean(changed, DEVICE) == model.mean(test, DEVICE)).all()


def test_same_seed_same_estimates(model: QualityModel, world: tuple[OutcomeTable, object, object]) -> None:
    table = world[0]
    again = QualityModel(table.split(Split.TRAIN), table.split(Split.CALIBRATION), seed=0, components=8)
    assert (again.mean(table, DEVICE) == model.mean(table, DEVICE)).all()


def test_nothing_is_visible(world: tuple[OutcomeTable, object, object]) -> None:
    bare = replace(
        world[0],
        features=(None, None, None),
        feature_names=((), (), ()),
        answers=np.full((2400, 3), None, dtype=object),
    )
    model = QualityModel(bare.split(Split.TRAIN), bare.split(Split.CALIBRATION), seed=0)
    for asked in (NOBODY, ALL):
        estimate = model.mean(bare, asked)
        assert np.ptp(estimate, axis=0) == pytest.approx(0)
        assert estimate[0] == pytest.approx(bare.split(Split.CALIBRATION).quality.mean(axis=0), abs=0.01)
    assert model.covariance(NOBODY) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_one_class_only(value: float, world: tuple[OutcomeTable, object, object]) -> None:
    table = replace(world[0], quality=np.full((2400, 3), value))
    model = QualityModel(table.split(Split.TRAIN), table.split(Split.CALIBRATION), seed=0, components=8)
    assert model.mean(table, DEVICE) == pytest.approx(value, abs=0.01)


def test_quality_may_be_a_share(world: tuple[OutcomeTable, np.ndarray, np.ndarray]) -> None:
    table, _, after = world
    shares = replace(table, quality=np.column_stack([after, table.quality[:, 1:]]))
    model = QualityModel(shares.split(Split.TRAIN), shares.split(Split.CALIBRATION), seed=0, components=8)
    test = shares.split(Split.TEST)
    assert np.abs(model.mean(test, DEVICE)[:, 0] - test.quality[:, 0]).mean() < 0.03


def test_tables_that_do_not_fit(model: QualityModel, world: tuple[OutcomeTable, object, object]) -> None:
    with pytest.raises(InputError, match="different tiers"):
        QualityModel(world[0], world[0].with_tiers([0, 1]), seed=0)
    with pytest.raises(InputError, match="2 tiers"):
        model.mean(world[0].with_tiers([0, 1]), DEVICE)


def test_two_models_of_the_same_tables_share_nothing(world: tuple[OutcomeTable, object, object]) -> None:
    tables = (world[0].split(Split.TRAIN), world[0].split(Split.CALIBRATION))
    one, other = (QualityModel(*tables, seed=0, components=8) for _ in range(2))
    one.covariance(DEVICE)
    assert not other._estimators
    assert not [name for name, own in vars(one).items() if isinstance(own, dict) and own is getattr(other, name)]
