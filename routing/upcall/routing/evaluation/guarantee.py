"""The cheapest setting whose loss of quality against the cloud is small, with a probability that holds for any distribution.

A setting loses q_cloud − q of each query. Learn then Test asks of one setting after another, from the safest to the cheapest,
whether the data refute "its mean loss is above ε" at level δ, and stops at the first that they do not. The last one refuted
has a mean loss of at most ε with probability 1 − δ over the calibration queries, however many settings there are, as long as
their order and values do not depend on those queries.

Sources: Angelopoulos et al. 2021 (Learn then Test, 2110.01052), fixed-sequence testing; Bates et al. 2021 (2101.02703),
Hoeffding–Bentkus; Clopper and Pearson 1934; Waudby-Smith and Ramdas 2020 (2010.09686), betting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError, require

Array = NDArray[np.float64]


class Bound(StrEnum):
    """Which bound gives the p-value."""

    CLOPPER_PEARSON = "clopper_pearson"
    HOEFFDING_BENTKUS = "hoeffding_bentkus"
    BETTING = "betting"


def p_value(losses: Array, *, most: float, bound: Bound, seed: int = 0) -> float:
    """The p-value in [0, 1] of "the mean loss is above ``most``": small where the losses refute it.

    Args:
        losses: [N] in [−1, 1]: the cloud's quality minus the setting's.
        most: ε in (0, 1).
        bound: CLOPPER_PEARSON counts every query that lost anything as lost whole and forgets gains: exact for qualities of 0
            and 1 without gains, else too high. HOEFFDING_BENTKUS forgets gains, but not how little was lost. BETTING counts
            gains too, and is the sharpest where the device sometimes does better.
        seed: of the order in which BETTING sees the queries.

    Raises:
        InputError: there are no losses, one is out of range, or ε is.
    """
    if not len(losses) or not (np.abs(losses) <= 1).all():
        raise InputError("The losses are not numbers from −1 to 1, one or more.")
    if not 0 < most < 1:
        raise InputError(f"The loss allowed is {most}.", allowed="above 0, below 1")
    if bound is Bound.BETTING:
        return _betting(losses, most, seed)
    binomial = require("scipy.stats", extra="routing").binom
    n = len(losses)
    if bound is Bound.CLOPPER_PEARSON:
        return float(binomial.cdf(int((losses > 1e-12).sum()), n, most))
    mean = float(np.maximum(losses, 0).mean())
    hoeffding = math.exp(-n * _divergence(min(mean, most), most))
    bentkus = math.e * float(binomial.cdf(math.ceil(n * mean - 1e-9), n, most))
    return min(1.0, hoeffding, bentkus)


def _divergence(found: float, expected: float) -> float:
    """Kullback–Leibler divergence of two Bernoulli distributions, nats."""
    left = found * math.log(found / expected) if found > 0 else 0.0
    return left + ((1 - found) * math.log((1 - found) / (1 - expected)) if found < 1 else 0.0)


def _betting(losses: Array, most: float, seed: int) -> float:
    """One over the most that a gambler ever has who bets, on each query, that the mean loss is less than ε.

    With losses and ε mapped to [0, 1], the stake of query i is the paper's predictable plug-in for a level of .1, cut at half
    of what could be lost; another stake would be less sharp, but no less true. If the mean loss is ε or more the capital is a
    supermartingale from 1, so by Ville's inequality this is a p-value.
    """
    values = (1 + np.random.default_rng(seed).permutation(losses)) / 2
    mean = (1 + most) / 2
    n = len(values)
    seen = np.arange(1, n + 1)
    means = (0.5 + np.cumsum(values)) / (seen + 1)
    variances = (0.25 + np.cumsum((values - means) ** 2)) / (seen + 1)
    before = np.concatenate([[0.25], variances[:-1]])
    stakes = np.minimum(np.sqrt(2 * math.log(10) / (n * before)), 0.5 / (1 - mean))
    capital = np.cumsum(np.log1p(stakes * (mean - values)))
    return float(min(1.0, math.exp(-max(0.0, float(capital.max())))))


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A setting for which a loss can be promised.

    Args:
        place: of the setting chosen, in the order given; None where none could be shown to be safe, so always call.
        p_values: of the settings tested, the last one maybe not refuted.
        loss: mean loss of the one chosen on the calibration queries; 0 for always calling.
    """

    place: int | None
    p_values: tuple[float, ...]
    loss: float


def learn_then_test(losses: Array, *, most: float, delta: float, bound: Bound, seed: int = 0) -> Guarantee:
    """The cheapest setting whose mean loss is at most ε with probability 1 − δ.

    Args:
        losses: [S, N] in [−1, 1], the safest setting first. A setting that never loses (always calling) may be left out.
        most: ε in (0, 1).
        delta: δ in (0, 1).

    Raises:
        InputError: see ``p_value``; or δ is out of range.
    """
    if not 0 < delta < 1:
        raise InputError(f"The probability of a broken promise is {delta}.", allowed="above 0, below 1")
    tested: list[float] = []
    place = None
    for number, own in enumerate(losses):
        tested.append(p_value(own, most=most, bound=bound, seed=seed))
        if tested[-1] > delta:
            break
        place = number
    return Guarantee(place, tuple(tested), 0.0 if place is None else float(losses[place].mean()))


def in_sample(losses: Array, *, most: float) -> int | None:
    """Hybrid LLM's rule: the cheapest setting whose mean loss on the calibration queries themselves is at most ε; no promise.

    Args:
        losses: [S, N], the safest setting first.

    Source: Ding et al. 2024 (2404.14618), section 4.5.
    """
    safe = np.flatnonzero(losses.mean(axis=1) <= most + 1e-12)
    return int(safe[-1]) if safe.size else None


@dataclass(frozen=True, slots=True)
class Resampled:
    """The outcome of a rule that was tried on many calibration sets.

    Args:
        violations: share of the sets after which the true mean loss was above ε.
        loss: mean true loss.
        kept: mean true share of queries that stayed on the device.
        count: of the sets.
    """

    violations: float
    loss: float
    kept: float
    count: int


def resample_check(
    losses: Array,
    kept: Array,
    *,
    most: float,
    delta: float,
    bound: Bound | None,
    size: int,
    count: int = 200,
    seed: int = 0,
) -> Resampled:
    """Try a rule on ``count`` calibration sets drawn from a population whose truth is known.

    The population is the M queries given: sets of ``size`` are drawn with replacement, and the truth is the mean over all M.

    Args:
        losses: [S, M] in [−1, 1], the safest setting first; the settings were not chosen by these queries.
        kept: [S, M] 1 where the query stays on the device.
        bound: of ``learn_then_test``; None is ``in_sample``.
    """
    random = np.random.default_rng(seed)
    truth, stays = losses.mean(axis=1), kept.mean(axis=1)
    found_losses, found_kept = [], []
    for number in range(count):
        drawn = losses[:, random.integers(losses.shape[1], size=size)]
        if bound is None:
            place = in_sample(drawn, most=most)
        else:
            place = learn_then_test(drawn, most=most, delta=delta, bound=bound, seed=number).place
        found_losses.append(0.0 if place is None else float(truth[place]))
        found_kept.append(0.0 if place is None else float(stays[place]))
    broken = np.array(found_losses) > most + 1e-12
    return Resampled(float(broken.mean()), float(np.mean(found_losses)), float(np.mean(found_kept)), count)
