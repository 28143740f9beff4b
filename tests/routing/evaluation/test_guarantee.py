"""The promise is kept as often as it says, where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from upcall.edge_runtime.errors import InputError
from upcall.routing.evaluation.guarantee import Bound, in_sample, learn_then_test, p_value, resample_check


def trinomial(random: np.random.Generator, n: int, *, lost: float, gained: float) -> np.ndarray:
    return random.choice([1.0, 0.0, -1.0], size=n, p=[lost, 1 - lost - gained, gained])


def test_clopper_pearson_is_the_exact_binomial_test() -> None:
    losses = np.array([1.0] * 3 + [0.0] * 97)
    expected = binomtest(3, 100, 0.1, alternative="less").pvalue
    assert p_value(losses, most=0.1, bound=Bound.CLOPPER_PEARSON) == pytest.approx(expected)
    losses[50] = 0.01  # any loss counts whole
    assert p_value(losses, most=0.1, bound=Bound.CLOPPER_PEARSON) > expected


def test_hoeffding_bentkus_by_hand() -> None:
    losses = np.full(100, 0.02)
    hoeffding = np.exp(-100 * (0.02 * np.log(0.02 / 0.1) + 0.98 * np.log(0.98 / 0.9)))
    bentkus = np.e * binomtest(2, 100, 0.1, alternative="less").pvalue
    assert p_value(losses, most=0.1, bound=Bound.HOEFFDING_BENTKUS) == pytest.approx(min(hoeffding, bentkus))


@pytest.mark.parametrize("bound", list(Bound))
@pytest.mark.parametrize("gained", [0.0, 0.05])
def test_a_setting_at_the_border_is_refuted_at_most_as_often_as_the_level(bound: Bound, gained: float) -> None:
    random = np.random.default_rng(0)
    found = [
        p_value(trinomial(random, 200, lost=0.05 + gained, gained=gained), most=0.05, bound=bound) for _ in range(1000)
    ]
    for level in (0.05, 0.1, 0.3):
        assert np.mean(np.array(found) <= level) <= level + 3 * np.sqrt(level * (1 - level) / 1000)


def test_betting_counts_gains() -> None:
    random = np.random.default_rng(1)
    losses = trinomial(random, 800, lost=0.06, gained=0.06)
    assert p_value(losses, most=0.05, bound=Bound.BETTING) < 0.01
    assert p_value(losses, most=0.05, bound=Bound.CLOPPER_PEARSON) > 0.3
    assert p_value(losses, most=0.05, bound=Bound.HOEFFDING_BENTKUS) > 0.3


@pytest.mark.parametrize("bound", list(Bound))
def test_a_p_value_falls_with_the_loss_allowed(bound: Bound) -> None:
    losses = trinomial(np.random.default_rng(2), 300, lost=0.03, gained=0.01)
    found = [p_value(losses, most=most, bound=bound) for most in (0.02, 0.05, 0.1, 0.2)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.1 > found[-1]


def nested(random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Ten thresholds: each keeps a tenth more on the device, and what it adds is lost more often."""
    score = random.random(n)
    lost = random.random(n) < score**2 / 2
    kept = score[None] <= np.linspace(0.1, 1, 10)[:, None]
    return np.where(kept, lost, 0.0).astype(float), kept.astype(float)


@pytest.mark.parametrize("bound", list(Bound))
def test_promises_hold_over_resamples_and_the_rule_in_sample_does_not(bound: Bound) -> None:
    losses, kept = nested(np.random.default_rng(3), 5000)
    own = resample_check(losses, kept, most=0.05, delta=0.1, bound=bound, size=400)
    theirs = resample_check(losses, kept, most=0.05, delta=0.1, bound=None, size=400)
    assert own.violations <= 0.1
    assert own.kept > 0.3
    assert theirs.violations > 0.1
    assert theirs.kept >= own.kept


def test_testing_stops_at_the_first_that_is_not_refuted() -> None:
    safe, unsafe = np.zeros(300), np.ones(300)
    own = learn_then_test(np.array([safe, safe, unsafe, safe]), most=0.05, delta=0.1, bound=Bound.CLOPPER_PEARSON)
    assert own.place == 1
    assert len(own.p_values) == 3
    none = learn_then_test(np.array([unsafe]), most=0.05, delta=0.1, bound=Bound.BETTING)
    assert none.place is None
    assert none.loss == 0


def test_the_rule_in_sample() -> None:
    losses = np.array([[0.0, 0.0], [0.0, 0.1], [0.5, 0.0], [0.0, 0.02]])
    assert in_sample(losses, most=0.05) == 3
    assert in_sample(losses[2:3], most=0.05) is None


@pytest.mark.parametrize(
    ("losses", "most", "delta"),
    [([], 0.1, 0.1), ([2.0], 0.1, 0.1), ([np.nan], 0.1, 0.1), ([0.0], 0.0, 0.1), ([0.0], 1.0, 0.1), ([0.0], 0.1, 0.0)],
)
def test_what_is_out_of_range(losses: list[float], most: float, delta: float) -> None:
    with pytest.raises(InputError):
        learn_then_test(np.array([losses]), most=most, delta=delta, bound=Bound.BETTING)
