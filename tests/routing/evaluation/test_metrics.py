"""Each figure against a case worked out by hand, or against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import brier_score_loss, roc_auc_score

from upcall.routing.evaluation import metrics
from upcall.routing.evaluation.metrics import Ends

PAIR = Ends(0.0, 0.4, 1.0, 0.8)


def test_auroc() -> None:
    assert metrics.auroc([-1, -2, -3, -4], [True, True, False, False]) == 1.0
    assert metrics.auroc([-1, -1], [True, False]) == 0.5
    assert metrics.auroc([-1, -2], [True, True]) == 0.5
    assert metrics.auroc([-1, -2, -3], [False, True, False]) == 0.5


def test_auroc_with_ties_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(1)
    scores, right = random.integers(10, size=300), random.random(300) < 0.4
    assert metrics.auroc(scores, right) == pytest.approx(roc_auc_score(right, scores), abs=1e-12)


def test_brier_and_ece_by_hand() -> None:
    probabilities, outcomes = [0.1, 0.1, 0.8, 0.8], [0, 1, 1, 1]
    assert metrics.brier(probabilities, outcomes) == pytest.approx((0.01 + 0.81 + 0.04 + 0.04) / 4)
    assert metrics.brier(probabilities, outcomes) == pytest.approx(brier_score_loss(outcomes, probabilities))
    assert metrics.ece(probabilities, outcomes, bins=2) == pytest.approx((0.4 + 0.2) / 2)


def test_ece_of_honest_probabilities_is_small() -> None:
    random = np.random.default_rng(2)
    probabilities = random.random(20_000)
    outcomes = random.random(20_000) < probabilities
    assert metrics.ece(probabilities, outcomes) < 0.02
    assert metrics.ece(probabilities**3, outcomes) > 0.15


def test_a_curve_by_hand() -> None:
    calls, qualities = np.array([0.0, 0.5, 1.0]), np.array([0.4, 0.7, 0.8])
    assert metrics.area(calls, qualities, PAIR) == pytest.approx(0.5 * 0.55 + 0.5 * 0.75)
    assert metrics.apgr(calls, qualities, PAIR) == pytest.approx((0.65 - 0.4) / 0.4)
    assert metrics.quality_at(calls, qualities, PAIR, 0.25) == pytest.approx(0.55)
    assert metrics.cpt(calls, qualities, PAIR, 0.5) == pytest.approx(1 / 3)
    assert metrics.cpt(calls, qualities, PAIR, 0.0) == 0
    assert metrics.drop_at(calls, qualities, PAIR, 0.5) == pytest.approx(12.5)
    assert metrics.saved_at(calls, qualities, PAIR, 12.5) == pytest.approx(0.5)
    assert metrics.saved_at(calls, qualities, PAIR, 0) == pytest.approx(0)


def test_random_calls_recover_half_the_gap() -> None:
    shares = np.linspace(0, 1, 11)
    assert metrics.apgr(shares, 0.4 + 0.4 * shares, PAIR) == pytest.approx(0.5)
    assert metrics.cpt(shares, 0.4 + 0.4 * shares, PAIR, 0.8) == pytest.approx(0.8)


def test_order_and_equal_spends_do_not_matter() -> None:
    spends, qualities = np.array([1.0, 0.5, 0.5, 0.0]), np.array([0.8, 0.6, 0.8, 0.4])
    assert metrics.area(spends, qualities, PAIR) == pytest.approx(0.65)


def test_outside_its_points_a_curve_is_mixed_with_the_cheapest_and_then_level() -> None:
    only = np.array([0.5]), np.array([0.7])
    assert metrics.quality_at(*only, PAIR, 0.25) == pytest.approx(0.55)
    assert metrics.quality_at(*only, PAIR, 0.9) == 0.7
    beyond = np.array([0.0, 2.0]), np.array([0.4, 0.8])  # a cascade may spend more than the dearest tier alone
    assert metrics.area(*beyond, PAIR) == pytest.approx(0.5)


def test_what_is_not_reached_or_has_no_gap_is_nan() -> None:
    assert np.isnan(metrics.cpt(np.array([0.0, 1.0]), np.array([0.4, 0.5]), PAIR, 0.8))
    level = Ends(0.0, 0.5, 1.0, 0.5)
    assert np.isnan(metrics.apgr(np.array([0.0]), np.array([0.5]), level))
    assert np.isnan(metrics.cpt(np.array([0.0]), np.array([0.5]), level, 0.5))
    assert metrics.saved_at(np.array([0.0, 1.0]), np.array([0.1, 0.2]), PAIR, 1) == 0


def test_the_bootstrap_interval_of_a_mean_is_the_normal_one() -> None:
    random = np.random.default_rng(3)
    values = random.random(2000)
    weights = metrics.resamples(2000, count=2000, seed=0)
    own = metrics.interval(float(values.mean()), weights @ values)
    half = norm.ppf(0.975) * values.std() / np.sqrt(2000)
    assert own.high - own.value == pytest.approx(half, rel=0.1)
    assert own.value - own.low == pytest.approx(half, rel=0.1)


def test_resamples_within_groups_keep_their_shares() -> None:
    groups = [0, 0, 0, 1]
    weights = metrics.resamples(4, count=50, seed=0, groups=groups)
    np.testing.assert_allclose(weights[:, 3], 0.25)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert len(np.unique(weights, axis=0)) > 5


def test_an_interval_of_few_known_replicates_is_unknown() -> None:
    assert np.isnan(metrics.interval(1.0, np.array([np.nan, np.nan, 1.0])).low)


def test_auroc_interval_holds_the_truth() -> None:
    random = np.random.default_rng(4)
    right = random.random(500) < 0.5
    own = metrics.auroc_interval(random.normal(right, 1), right)
    assert own.low < norm.cdf(1 / np.sqrt(2)) < own.high
    assert str(own).startswith(f"{own.value:.3f} [")


def test_bounds_of_a_share_are_exact() -> None:
    found = metrics.share_interval(0.05, 200)
    assert found.value == 0.05
    assert found.low == pytest.approx(0.0242, abs=1e-4)
    assert found.high == pytest.approx(0.0900, abs=1e-4)  # Clopper and Pearson: 10 of 200
    assert metrics.share_interval(0.0, 200).low == 0
    assert metrics.share_interval(1.0, 200).high == 1


def test_a_measure_is_resampled_in_pairs() -> None:
    chances, outcomes = np.tile([0.2, 0.8], 50), np.tile([0.0, 1.0], 50)
    found = metrics.bootstrap(lambda rows: metrics.brier(chances[rows], outcomes[rows]), 100, count=50)
    for value in (found.low, found.value, found.high):
        assert value == pytest.approx(0.04), "pairs stay together"
