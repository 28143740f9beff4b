from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from upcall.edge_runtime.decision.tiers.gaussian import (
    deviation_of_difference,
    expected_excess,
    expected_max,
    expected_max_of_two,
    factor,
    normal_points,
    posterior,
)
from upcall.edge_runtime.errors import InputError


def covariance(rng: np.random.Generator, size: int) -> np.ndarray:
    root = rng.normal(size=(size, size)) * 0.3 / np.sqrt(size)
    return np.asarray(root @ root.T)


def test_two_are_monte_carlo() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        means, spread = rng.uniform(0.2, 0.9, 2), covariance(rng, 2)
        drawn = rng.normal(size=(400_000, 2)) @ np.linalg.cholesky(spread).T
        sampled = np.maximum(means + drawn, means - drawn).sum(axis=0)  # mirror images: less noise
        sampled = ((means + drawn).max(axis=1) + (means - drawn).max(axis=1)).mean() / 2
        theta = deviation_of_difference(spread[0, 0], spread[1, 1], spread[0, 1])
        assert expected_max_of_two(*means, deviation=theta) == pytest.approx(sampled, abs=1e-3)
        assert expected_max(means, spread) == pytest.approx(sampled, abs=1e-3)


def test_the_excess_is_that_of_two() -> None:
    margins = np.linspace(-1, 1, 401)
    for theta in (0.0, 0.01, 0.2, 1.0):
        wanted = [expected_max_of_two(margin, 0.0, deviation=theta) for margin in margins]
        np.testing.assert_allclose(expected_excess(margins, np.full(401, theta)), wanted, atol=3e-7)


@pytest.mark.parametrize(("tiers", "bound"), [(3, 5e-3), (5, 8e-3)])
def test_more_are_monte_carlo(tiers: int, bound: float) -> None:
    rng = np.random.default_rng(1)
    for _ in range(3):
        means, spread = rng.uniform(0.2, 0.9, tiers), covariance(rng, tiers)
        drawn = rng.normal(size=(200_000, tiers)) @ factor(spread).T
        sampled = ((means + drawn).max(axis=1) + (means - drawn).max(axis=1)).mean() / 2
        assert expected_max(means, spread) == pytest.approx(sampled, abs=bound * np.sqrt(spread.max()) + 1e-3)


def test_points_are_normal_and_stay() -> None:
    points = normal_points(3)
    assert points.shape == (1024, 3)
    assert abs(points.sum()) < 1e-9
    np.testing.assert_allclose(np.cov(points, rowvar=False), np.eye(3), atol=0.03)
    assert points[0, 0] == 0.0  # ½ is the first of Halton's to the base of 2
    np.testing.assert_allclose(points[0, 1:], norm.ppf([1 / 3, 1 / 5]))
    with pytest.raises(ValueError, match="read-only"):
        points[0, 0] = 1.0


def test_one_is_itself_and_none_is_refused() -> None:
    assert expected_max([0.4], [[0.1]]) == 0.4
    for means, spread in (([], np.zeros((0, 0))), ([0.1], np.eye(2)), ([np.nan], [[0.1]])):
        with pytest.raises(InputError):
            expected_max(means, spread)


def test_a_factor_is_a_root_of_what_is_singular_too() -> None:
    rng = np.random.default_rng(2)
    root = rng.normal(size=(4, 2))
    for spread in (root @ root.T, np.zeros((3, 3)), np.diag([0.2, 0.0, 0.1]), covariance(rng, 11)):
        lower = factor(spread)
        np.testing.assert_allclose(lower @ lower.T, spread, atol=1e-7)
        assert not np.triu(lower, 1).any()


@pytest.mark.parametrize(
    "given",
    [np.zeros((2, 3)), np.array([[1.0, 0.5], [0.2, 1.0]]), np.array([[1.0, 2.0], [2.0, 1.0]]), np.full((2, 2), np.nan)],
)
def test_no_covariance_is_refused(given: np.ndarray) -> None:
    with pytest.raises(InputError):
        factor(given)


def test_two_refuse_what_is_no_deviation() -> None:
    for deviation in (-0.1, np.nan, np.inf):
        with pytest.raises(InputError):
            expected_max_of_two(0.1, 0.2, deviation=deviation)


def test_the_posterior_is_the_regression_on_what_is_known() -> None:
    rng = np.random.default_rng(3)
    means, spread = np.array([0.2, 0.5, 0.7]), covariance(rng, 3)
    after, left = posterior(means, spread, tier=1, value=0.65)
    precision = np.linalg.inv(spread)
    others = [0, 2]
    block = np.linalg.inv(precision[np.ix_(others, others)])  # an independent way to the same
    np.testing.assert_allclose(left[np.ix_(others, others)], block, atol=1e-12)
    np.testing.assert_allclose(after[others], means[others] - block @ precision[np.ix_(others, [1])][:, 0] * 0.15)
    assert after[1] == 0.65
    assert not left[1].any()
    same, _ = posterior(means, np.zeros((3, 3)), tier=1, value=0.65)
    np.testing.assert_array_equal(same, [0.2, 0.65, 0.7])
