"""A scaling makes probabilities honest, and keeps their order."""

from __future__ import annotations

import numpy as np
import pytest

from upcall.routing.estimates.calibration import Scaling, fit_scaling, probability
from upcall.routing.evaluation.metrics import auroc, ece


def test_overconfident_logits_are_put_right() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(size=6000)
    right = (random.random(6000) < probability(truth)).astype(float)
    given = 3 * truth + 1
    scaling = fit_scaling(given[:3000], right[:3000])
    assert scaling.slope == pytest.approx(1 / 3, rel=0.1)
    assert scaling.offset == pytest.approx(-1 / 3, abs=0.1)
    before, after = (ece(probability(logits[3000:]), right[3000:]) for logits in (given, scaling.apply(given)))
    assert after < 0.03 < 0.1 < before
    assert auroc(scaling.apply(given), right > 0) == auroc(given, right > 0)


def test_shares_of_right_answers_are_labels_too() -> None:
    logits = np.linspace(-3, 3, 400)
    scaling = fit_scaling(logits, probability(0.5 * logits + 0.25))
    assert scaling.slope == pytest.approx(0.5, abs=0.01)
    assert scaling.offset == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("labels", [np.zeros(5), np.ones(5), np.zeros(0)])
def test_one_class_changes_nothing(labels: np.ndarray) -> None:
    assert fit_scaling(np.arange(float(len(labels))), labels) == Scaling()


def test_a_signal_that_misleads_is_made_flat_and_not_turned_round() -> None:
    logits = np.linspace(-3, 3, 200)
    assert 0 < fit_scaling(logits, (logits < 0).astype(float)).slope < 0.1


def test_no_overflow() -> None:
    assert probability(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
