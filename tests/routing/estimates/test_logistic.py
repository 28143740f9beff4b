"""Logistic regression finds the truth, and its constant where there is nothing else to find."""

from __future__ import annotations

import numpy as np
import pytest

from upcall.routing.estimates.logistic import STRENGTHS, best_strength, fit_best_logistic, fit_logistic


def test_the_strength_is_the_one_that_generalises() -> None:
    random = np.random.default_rng(0)
    inputs = random.normal(size=(300, 40))
    folds = np.arange(300) % 3
    noise = (random.random(300) < 0.5).astype(float)
    strong = (random.random(300) < 1 / (1 + np.exp(-4 * inputs[:, 0]))).astype(float)
    assert best_strength(inputs, noise, folds) < best_strength(inputs, strong, folds)


def test_a_soft_label_is_both_answers_by_its_share() -> None:
    inputs = np.array([[-1.0], [1.0], [1.0], [1.0], [1.0]])
    soft = fit_logistic(inputs[:2], np.array([0.0, 0.75]), strength=1e6)
    assert soft.probabilities(inputs[1:2])[0] == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_labels_that_are_all_alike_give_a_constant_short_of_certainty(value: float) -> None:
    head = fit_best_logistic(np.ones((9, 2)), np.full(9, value), seed=0)
    assert not head.weights.size
    assert head.probabilities(np.ones((3, 2))) == pytest.approx(np.full(3, abs(value - 1 / 20)))


def test_without_inputs_the_share_is_learnt() -> None:
    labels = np.array([1.0] * 6 + [0.0] * 2)
    head = fit_logistic(np.zeros((8, 0)), labels, strength=1.0)
    assert head.probabilities(np.zeros((1, 0)))[0] == pytest.approx(0.75, abs=1e-3)
    assert best_strength(np.zeros((8, 0)), labels, np.arange(8) % 4) == STRENGTHS[0]
