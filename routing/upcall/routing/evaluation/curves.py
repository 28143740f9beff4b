"""What a fitted method did at every setting of its knob, and the figures of that with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from upcall.routing.bases.method import Decisions, Method
from upcall.routing.evaluation import metrics
from upcall.routing.evaluation.metrics import Ends, Interval
from upcall.routing.tables.outcome_table import OutcomeTable

Array = NDArray[np.float64]
SAVED = (0.1, 0.2, 0.4)
"""Shares of queries kept on the device at which the loss of quality is told, as Hybrid LLM tells it."""
DROPS = (1.0, 2.0, 5.0)
"""Losses of quality in % at which the calls saved are told."""
RECOVERED = (0.5, 0.8)
"""Shares of the gap whose calls are told, as RouteLLM tells them."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a method did with N queries at S settings.

    Args:
        settings: [S].
        quality, cost, calls: [S, N].
        decisions: [S].
    """

    settings: Array
    quality: Array = field(repr=False)
    cost: Array = field(repr=False)
    calls: Array = field(repr=False)
    decisions: tuple[Decisions, ...] = field(repr=False)


def record(method: Method, table: OutcomeTable) -> Recorded:
    """Ask a fitted method at all of its settings."""
    settings = method.settings()
    decisions = tuple(method.decide(table, float(one)) for one in settings)
    return Recorded(
        settings,
        np.stack([one.quality(table) for one in decisions]),
        np.stack([one.cost(table) for one in decisions]),
        np.stack([one.calls() for one in decisions]).astype(np.float64),
        decisions,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """The tiers that curves are judged by, chosen on the training queries.

    Args:
        cheapest, dearest: between whose costs the area lies.
        cloud: the best tier beyond the device, against which a loss is measured.
        hull: of single tiers, the vertices by rising cost.
    """

    cheapest: int
    dearest: int
    cloud: int
    hull: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Replicates:
    """A table's queries drawn again and again.

    Args:
        weights: [1 + R, N], the first row all alike: the table itself.
        quality, cost: [1 + R, K] means of each tier.
    """

    weights: Array = field(repr=False)
    quality: Array = field(repr=False)
    cost: Array = field(repr=False)

    @staticmethod
    def of(table: OutcomeTable, *, count: int, seed: int) -> Replicates:
        """Draw a table's queries again, within each task, so that every task keeps its share."""
        _, groups = np.unique(table.tasks, return_inverse=True)
        drawn = metrics.resamples(len(table), count=count, seed=seed, groups=groups.tolist())
        weights = np.vstack([np.full(len(table), 1 / len(table)), drawn])
        return Replicates(weights, weights @ table.quality, weights @ table.cost)

    def by_cost(self, tiers: Tiers) -> list[Ends]:
        """[1 + R] spend and quality of the cheapest and the dearest tier."""
        low, high = tiers.cheapest, tiers.dearest
        return [
            Ends(float(cost[low]), float(quality[low]), float(cost[high]), float(quality[high]))
            for cost, quality in zip(self.cost, self.quality, strict=True)
        ]

    def call_shares(self, recorded: Recorded, tiers: Tiers) -> Array:
        """[1 + R, S] share of queries that leave the device; with more than two tiers, what was spent of a call for each.

        The latter is (cost − the device's) / (the cloud's − the device's): where calls differ in price, their number says
        little.
        """
        device, cloud = self.cost[:, [0]], self.cost[:, [tiers.cloud]]
        if self.cost.shape[1] == 2 or (cloud <= device).any():
            return self.weights @ recorded.calls.T
        return np.asarray((self.weights @ recorded.cost.T - device) / (cloud - device))

    def by_calls(self, tiers: Tiers) -> list[Ends]:
        """[1 + R] calls and quality of the device alone and the cloud alone."""
        return [Ends(0.0, float(quality[0]), 1.0, float(quality[tiers.cloud])) for quality in self.quality]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one method on one table.

    Args:
        auc: area under quality over cost, between the cheapest and the dearest tier.
        above_static: its difference to the hull of single tiers, on the same resamples.
        apgr: see ``metrics.apgr``, over ``Replicates.call_shares``, as are the following; nan where the cloud is no better.
        cpt: see ``metrics.cpt``, of each share of ``RECOVERED``.
        drop: see ``metrics.drop_at``, % of each share of ``SAVED``.
        saved: see ``metrics.saved_at``, of each loss of ``DROPS``.
        areas: [1 + R] of ``auc``, for differences between methods.
    """

    auc: Interval
    above_static: Interval
    apgr: Interval
    cpt: dict[str, Interval]
    drop: dict[str, Interval]
    saved: dict[str, Interval]
    areas: Array = field(repr=False)


def figures(recorded: Recorded, replicates: Replicates, tiers: Tiers) -> Figures:
    """All figures of a method, each with its interval over the queries; training is not repeated."""
    quality = replicates.weights @ recorded.quality.T
    areas = areas_of(recorded, replicates, tiers)
    static = static_areas(replicates, tiers)
    calls = replicates.call_shares(recorded, tiers)
    ends = replicates.by_calls(tiers)

    def each(measure: Callable[..., float], *arguments: float) -> Interval:
        values = [measure(own, got, end, *arguments) for own, got, end in zip(calls, quality, ends, strict=True)]
        return metrics.interval(values[0], np.array(values[1:]))

    return Figures(
        auc=metrics.interval(areas[0], areas[1:]),
        above_static=difference(areas, static),
        apgr=each(metrics.apgr),
        cpt={f"{share:.0%}": each(metrics.cpt, share) for share in RECOVERED},
        drop={f"{share:.0%}": each(metrics.drop_at, share) for share in SAVED},
        saved={f"{drop:g}%": each(metrics.saved_at, drop) for drop in DROPS},
        areas=areas,
    )


def areas_of(recorded: Recorded, replicates: Replicates, tiers: Tiers) -> Array:
    """[1 + R] area under quality over cost."""
    quality, cost = replicates.weights @ recorded.quality.T, replicates.weights @ recorded.cost.T
    ends = replicates.by_cost(tiers)
    return np.array([metrics.area(own, got, end) for own, got, end in zip(cost, quality, ends, strict=True)])


def static_areas(replicates: Replicates, tiers: Tiers) -> Array:
    """[1 + R] area under the hull of single tiers."""
    hull = list(tiers.hull)
    ends = replicates.by_cost(tiers)
    return np.array(
        [
            metrics.area(cost[hull], quality[hull], end)
            for cost, quality, end in zip(replicates.cost, replicates.quality, ends, strict=True)
        ]
    )


def difference(ours: Array, theirs: Array) -> Interval:
    """The difference of two figures [1 + R] on the same resamples, with its interval."""
    return metrics.interval(float(ours[0] - theirs[0]), ours[1:] - theirs[1:])


def judged_by(train: OutcomeTable, *, cloud: int, hull: list[int]) -> Tiers:
    """The tiers by which methods on a table are judged, chosen by its training queries."""
    costs = train.cost.mean(axis=0)
    return Tiers(cheapest=int(np.argmin(costs)), dearest=int(np.argmax(costs)), cloud=cloud, hull=tuple(hull))
