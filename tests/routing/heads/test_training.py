"""Heads against scikit-learn's own predictions, and against worlds whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from tests.routing.worlds import NAMES, logistic_world
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.routing.estimates.calibration import Scaling, fit_scaling
from upcall.routing.evaluation.metrics import auroc
from upcall.routing.heads.figures import report
from upcall.routing.heads.scores import check_same_bundle, head_inputs, scores
from upcall.routing.heads.training import Kind, train_head
from upcall.routing.signals.projection import Projection
from upcall.routing.tables.outcome_table import OutcomeTable, Split

PRE, POST = RouterStage.PRE, RouterStage.POST
TABLE, _, AFTER = logistic_world(1800)


def recorded(fit: Callable[..., Any], kept: list[Any]) -> Callable[..., Any]:
    """The same ``fit``, which also keeps the model."""

    def own(model: Any, *arguments: Any, **named: Any) -> Any:
        kept.append(model)
        return fit(model, *arguments, **named)

    return own


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("stage", [PRE, POST])
def test_a_head_is_what_scikit_learn_predicts(kind: Kind, stage: RouterStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folding at once: standardisation and PCA in the first layer, calibration in the last, all in float32."""
    kept: list[Any] = []
    for own in (LogisticRegression, MLPClassifier):
        monkeypatch.setattr(own, "fit", recorded(own.fit, kept))
    head = train_head(TABLE, stage=stage, kind=kind, seed=0)
    train, calibration, test = (TABLE.split(split) for split in Split)
    names = [name for name in NAMES if name.startswith(stage)]
    projection = Projection().fit(head_inputs(train, stage), names)

    def logits(table: OutcomeTable) -> np.ndarray:
        chances = kept[-1].predict_proba(projection.transform(head_inputs(table, stage)))
        return np.asarray(np.log(chances[:, 1]) - np.log(chances[:, 0]))

    scaled = fit_scaling(logits(calibration), calibration.quality[:, 0]).apply(logits(test))
    wanted = -np.logaddexp(0, -scaled)
    assert len(head.layers) == (1 if kind is Kind.LOGISTIC else 2)
    assert scores(head, test) == pytest.approx(wanted, abs=1e-4)
    assert [head.evaluate(own) for own in head_inputs(test, stage)[:50]] == pytest.approx(wanted[:50], abs=1e-4)


@pytest.mark.parametrize("kind", Kind)
def test_the_truth_is_found(kind: Kind) -> None:
    is_test = TABLE.splits == Split.TEST
    test = TABLE.select(is_test)
    for stage in (PRE, POST):
        shown = report(train_head(TABLE, stage=stage, kind=kind), test)
        assert shown.queries == 600
        assert shown.auroc.low < shown.auroc.value < shown.auroc.high
        assert shown.ece < 0.08
    right = test.quality[:, 0] > 0
    # The head after the answer sees not what the head before it sees, so the truth of both is a bound.
    assert 0.75 < shown.auroc.value <= auroc(AFTER[is_test], right) + 0.01


def test_calibration_makes_probabilities_honest(monkeypatch: pytest.MonkeyPatch) -> None:
    table = replace(TABLE, quality=np.column_stack([TABLE.quality[:, 0], TABLE.quality[:, 1:]]))
    # The training queries show the device at its best, so that the head is too sure of it.
    best = table.quality[:, 0] >= (np.random.default_rng(0).random(len(table)) < 0.7)
    table = table.select(best | (table.splits != Split.TRAIN))
    test = table.split(Split.TEST)
    calibrated = report(train_head(table, stage=POST), test)
    monkeypatch.setattr("upcall.routing.heads.training.fit_scaling", lambda *_: Scaling())
    plain = report(train_head(table, stage=POST), test)
    assert calibrated.ece < 0.07 < plain.ece
    assert calibrated.brier < plain.brier
    assert calibrated.auroc.value == pytest.approx(plain.auroc.value)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_one_class_only(kind: Kind, value: float) -> None:
    head = train_head(replace(TABLE, quality=np.full_like(TABLE.quality, value)), stage=POST, kind=kind)
    assert np.exp(scores(head, TABLE)) == pytest.approx(value, abs=0.01)
    assert report(head, TABLE).auroc.value == 0.5


def test_quality_may_be_a_share() -> None:
    shares = replace(TABLE, quality=np.column_stack([AFTER, TABLE.quality[:, 1:]]))
    for kind in Kind:
        test = shares.split(Split.TEST)
        errors = [
            own - test.quality[:, 0] for own in (0.5, np.exp(scores(train_head(shares, stage=POST, kind=kind), test)))
        ]
        constant, told = (np.abs(own).mean() for own in errors)
        assert told < 0.65 * constant  # what the features before the answer tell is not seen


def test_same_seed_same_head() -> None:
    one, two = (train_head(TABLE, stage=PRE, kind=Kind.MLP, seed=3) for _ in range(2))
    assert all(
        (a == b).all()
        for first, second in zip(one.layers, two.layers, strict=True)
        for a, b in zip(first, second, strict=True)
    )


def test_tables_that_are_refused() -> None:
    features = TABLE.features[0]
    assert features is not None
    turned = replace(TABLE, features=(features[:, ::-1], None, None), feature_names=(tuple(reversed(NAMES)), (), ()))
    for table, text in (
        (replace(TABLE, features=(None, None, None), feature_names=((), (), ())), "lacks features of device"),
        (turned, "not in the device's order"),
        (replace(TABLE, about={}), "of which model revision"),
        (replace(TABLE, about={"model_revision": "sha256:0"}), "of which recipe"),
        (TABLE.select(TABLE.splits != Split.CALIBRATION), "no queries of the split calibration"),
        (TABLE.select(np.arange(15)), "15 queries of the split train"),
    ):
        with pytest.raises(InputError, match=text):
            train_head(table, stage=POST)


def test_a_head_and_a_table_that_do_not_fit() -> None:
    head = train_head(TABLE, stage=POST)
    device = TABLE.features[0]
    assert device is not None
    short = replace(TABLE, features=(device[:, :-1], None, None), feature_names=(tuple(NAMES[:-1]), (), ()))
    with pytest.raises(InputError, match="38 post features"):
        scores(head, short)
    check_same_bundle(head, TABLE)
    for about in ({}, {"model_revision": "sha256:1", "recipe": head.recipe}):
        with pytest.raises(InputError, match="of another bundle"):
            check_same_bundle(head, replace(TABLE, about=about))
