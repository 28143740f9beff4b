"""Figures of routers: how well a score ranks and how honest a probability is, what quality a cost buys, and how sure we are.

A method is a curve: one point a value of its knob, with a cost (or a share of calls) and a quality. Between two points lies
what mixing the two at random gives, so the curve is linear there. Left of its first point it is mixed with the cheapest tier
alone; right of its last point spending more buys nothing, so it is level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from upcall.edge_runtime.errors import require

Array = NDArray[np.float64]
CONFIDENCE = 0.95


def auroc(scores: ArrayLike, is_right: ArrayLike) -> float:
    """Probability that a right answer scores above a wrong one, ties counted half; 0.5 where one kind is missing.

    Args:
        scores: [N].
        is_right: [N] bool.

    Source: Hanley and McNeil 1982, the Mann–Whitney form by mean ranks: O(N log N).
    """
    values, right = np.asarray(scores, dtype=np.float64), np.asarray(is_right, dtype=bool)
    positives = int(right.sum())
    negatives = len(right) - positives
    if not positives or not negatives:
        return 0.5
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(counts) - (counts - 1) / 2
    rank_sum = float(mean_ranks[places][right].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def brier(probabilities: ArrayLike, outcomes: ArrayLike) -> float:
    """Mean squared error of probabilities [N] of outcomes [N] in [0, 1]; 0 is best.

    Source: Brier 1950, the form for two classes.
    """
    return float(np.mean((np.asarray(probabilities, dtype=np.float64) - np.asarray(outcomes, dtype=np.float64)) ** 2))


@dataclass(frozen=True, slots=True)
class Reliability:
    """A reliability diagram: bins of nearly equal numbers of queries, by rising probability.

    Args:
        predicted: [B] mean probability.
        observed: [B] mean outcome.
        counts: [B] queries.
    """

    predicted: Array
    observed: Array
    counts: NDArray[np.int64]


def reliability(probabilities: ArrayLike, outcomes: ArrayLike, *, bins: int = 10) -> Reliability:
    """The reliability diagram of probabilities [N] and outcomes [N]; with fewer queries than bins, a bin a query."""
    predicted, observed = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    order = np.argsort(predicted, kind="stable")
    groups = np.array_split(order, min(bins, len(order)))
    return Reliability(
        np.array([predicted[own].mean() for own in groups]),
        np.array([observed[own].mean() for own in groups]),
        np.array([len(own) for own in groups]),
    )


def ece(probabilities: ArrayLike, outcomes: ArrayLike, *, bins: int = 10) -> float:
    """Expected calibration error in [0, 1]: mean distance of outcome and probability over bins, weighted by queries.

    Source: Naeini et al. 2015; departure: bins of equal numbers, so that none is empty (Nguyen and O'Connor 2015).
    """
    own = reliability(probabilities, outcomes, bins=bins)
    return float(np.average(np.abs(own.observed - own.predicted), weights=own.counts))


def bootstrap(measure: Callable[[NDArray[np.int64]], float], n: int, *, count: int = 500, seed: int = 0) -> Interval:
    """A measure of N rows, with its interval over ``count`` bootstrap resamples of the rows.

    The interval of an ECE lies high: a resample is less smooth than its sample.

    Args:
        measure: of rows [N].
        n: rows.
        count: resamples.
        seed: same seed, same resamples.
    """
    random = np.random.default_rng(seed)
    replicates = [measure(random.integers(n, size=n)) for _ in range(count)]
    return interval(float(measure(np.arange(n))), np.array(replicates, dtype=np.float64))


def auroc_interval(scores: ArrayLike, is_right: ArrayLike, *, count: int = 500, seed: int = 0) -> Interval:
    """AUROC with its bootstrap interval over queries."""
    values, right = np.asarray(scores, dtype=np.float64), np.asarray(is_right, dtype=bool)
    return bootstrap(lambda rows: auroc(values[rows], right[rows]), len(values), count=count, seed=seed)


def share_interval(share: float, count: int) -> Interval:
    """A share of ``count`` independent trials, with its exact interval.

    Source: Clopper and Pearson 1934.
    """
    found = require("scipy.stats", extra="routing").binomtest(round(share * count), count)
    low, high = found.proportion_ci(confidence_level=CONFIDENCE, method="exact")
    return Interval(float(share), float(low), float(high))


@dataclass(frozen=True, slots=True)
class Ends:
    """The two tiers between which a curve is judged.

    Args:
        low: spend (or share of calls) of the cheapest tier alone.
        low_quality: its quality.
        high: spend of the dearest tier alone; more than ``low``.
        high_quality: its quality.
    """

    low: float
    low_quality: float
    high: float
    high_quality: float


def curve(spends: Array, qualities: Array, ends: Ends) -> tuple[Array, Array]:
    """The points of a curve by rising spend, points of equal spend averaged, the cheapest tier before the first of them.

    Args:
        spends: [S] of each value of the knob.
        qualities: [S].
    """
    xs, places, counts = np.unique(spends, return_inverse=True, return_counts=True)
    ys = np.bincount(places, weights=qualities) / counts
    if xs[0] > ends.low:
        xs, ys = np.append(ends.low, xs), np.append(ends.low_quality, ys)
    return xs, ys


def quality_at(spends: Array, qualities: Array, ends: Ends, spend: float) -> float:
    """Quality that a mean spend buys."""
    return float(np.interp(spend, *curve(spends, qualities, ends)))


def area(spends: Array, qualities: Array, ends: Ends) -> float:
    """Mean quality over the spends between the cheapest and the dearest tier: the area under the curve over its width.

    Source: Dekoninck et al. 2024 (2410.10347), their AUC.
    """
    xs, ys = curve(spends, qualities, ends)
    inside = xs[(xs > ends.low) & (xs < ends.high)]
    grid = np.concatenate([[ends.low], inside, [ends.high]])
    return float(np.trapezoid(np.interp(grid, xs, ys), grid) / (ends.high - ends.low))


def apgr(calls: Array, qualities: Array, ends: Ends) -> float:
    """Average performance gap recovered: the area of (quality − device's) / (cloud's − device's) over calls from 0 to 1.

    0 is the device alone, .5 random calls, 1 the cloud's quality without calls; nan where the cloud is no better.

    Args:
        calls: [S] share of queries that left the device.
        qualities: [S].
        ends: 0 calls and all calls.

    Source: Ong et al. 2024 (RouteLLM, 2406.18665); departure: the whole area, not ten points of it.
    """
    gap = ends.high_quality - ends.low_quality
    return (area(calls, qualities, ends) - ends.low_quality) / gap if gap > 0 else float("nan")


def calls_for(calls: Array, qualities: Array, ends: Ends, quality: float) -> float:
    """Least share of calls that reaches a quality; nan where none does."""
    xs, ys = curve(calls, qualities, ends)
    reached = np.flatnonzero(ys >= quality - 1e-12)
    if not reached.size:
        return float("nan")
    first = int(reached[0])
    if first == 0:
        return float(xs[0])
    share = (quality - ys[first - 1]) / (ys[first] - ys[first - 1])
    return float(xs[first - 1] + share * (xs[first] - xs[first - 1]))


def cpt(calls: Array, qualities: Array, ends: Ends, share: float) -> float:
    """Call-performance threshold: least share of calls that recovers a share of the gap; nan where none does, or no gap is.

    Source: Ong et al. 2024 (RouteLLM, 2406.18665).
    """
    gap = ends.high_quality - ends.low_quality
    return calls_for(calls, qualities, ends, ends.low_quality + share * gap) if gap > 0 else float("nan")


def drop_at(calls: Array, qualities: Array, ends: Ends, saved: float) -> float:
    """Loss of quality against the cloud alone, in % of the cloud's, when a share of queries stays on the device.

    Source: Ding et al. 2024 (Hybrid LLM, 2404.14618), their "performance drop at cost advantage".
    """
    return 100 * (1 - quality_at(calls, qualities, ends, 1 - saved) / ends.high_quality)


def saved_at(calls: Array, qualities: Array, ends: Ends, drop: float) -> float:
    """Share of queries that may stay on the device with a loss of quality of at most ``drop`` % of the cloud's; 0 if none."""
    needed = calls_for(calls, qualities, ends, ends.high_quality * (1 - drop / 100))
    return 0.0 if np.isnan(needed) else max(0.0, 1 - needed)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the bounds between which it lies with 95 % confidence."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def interval(value: float, replicates: Array) -> Interval:
    """Percentiles of bootstrap replicates [R]; those that are nan are left out, and with too few left the bounds are nan.

    Source: Efron 1979, the percentile interval.
    """
    known = replicates[np.isfinite(replicates)]
    if 2 * len(known) < max(1, len(replicates)):
        return Interval(float(value), float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(value), float(low), float(high))


def resamples(n: int, *, count: int, seed: int, groups: Sequence[int] | None = None) -> Array:
    """[R, N] weights of N queries in R bootstrap resamples; each row sums to 1.

    Args:
        n: queries.
        count: R.
        seed: same seed, same resamples, so that two methods are compared on the same ones.
        groups: [N] of each query; queries are then drawn within their group, so that every task keeps its share.
    """
    random = np.random.default_rng(seed)
    weights = np.zeros((count, n))
    labels = np.zeros(n, dtype=int) if groups is None else np.asarray(groups)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        weights[:, own] = random.multinomial(len(own), np.full(len(own), 1 / len(own)), size=count)
    return weights / n
