"""A method as it would be used: its setting chosen on the calibration queries, and what that does on the test queries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError
from upcall.routing.evaluation import metrics
from upcall.routing.evaluation.curves import Recorded, Replicates, Tiers
from upcall.routing.evaluation.guarantee import Bound, Resampled, in_sample, learn_then_test, resample_check
from upcall.routing.evaluation.metrics import Interval
from upcall.routing.tables.outcome_table import OutcomeTable

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """A setting, or two settings mixed at random, and what it gives on the test queries.

    Args:
        aim: what was asked for.
        settings: one or two; none is the cheapest tier (or, for a guarantee, the cloud) alone.
        share: of the queries that the second setting decides.
        quality, calls: means.
        cost: mean, in the table's unit.
        cloud_share: quality over that of the cloud alone.
    """

    aim: str
    settings: tuple[float, ...]
    share: float
    quality: Interval
    cost: Interval
    calls: Interval
    cloud_share: Interval


def check_budgets(budgets: tuple[float, ...], table: OutcomeTable, tiers: Tiers) -> None:
    """Refuse budgets that nothing can meet.

    Raises:
        InputError: one is below the mean cost of the cheapest tier, or no number.
    """
    least = float(table.cost[:, tiers.cheapest].mean())
    for budget in budgets:
        if not least - 1e-12 <= budget < np.inf:
            raise InputError(
                f"The budget {budget:g} a query is below what the cheapest tier, {table.tiers[tiers.cheapest]}, costs.",
                allowed=f"{least:.6g} or more, in {table.about.get('cost_unit', 'the unit of the table')}",
            )


def at_budget(
    budget: float, held: Recorded, test: Recorded, held_table: OutcomeTable, replicates: Replicates, tiers: Tiers
) -> OperatingPoint:
    """The settings whose mean cost on the calibration queries lies at a budget, the two neighbours mixed to spend it.

    Below the cheapest setting the method is mixed with the cheapest tier alone; above the dearest it is that one.
    """
    costs = held.cost.mean(axis=1)
    order = np.argsort(costs, kind="stable")
    above = int(np.searchsorted(costs[order], budget, side="right"))
    if above == len(order):
        return _point(f"cost ≤ {budget:g}", (int(order[-1]),), 0.0, test, replicates, tiers)
    high = int(order[above])
    low = int(order[above - 1]) if above else None
    low_cost = float(held_table.cost[:, tiers.cheapest].mean()) if low is None else float(costs[low])
    share = float(np.clip((budget - low_cost) / (costs[high] - low_cost), 0, 1)) if costs[high] > low_cost else 1.0
    return _point(f"cost ≤ {budget:g}", (low, high), share, test, replicates, tiers)


def of_cloud_quality(
    share: float, held: Recorded, test: Recorded, held_table: OutcomeTable, replicates: Replicates, tiers: Tiers
) -> OperatingPoint:
    """The setting of fewest calls that has a share of the cloud's quality on the calibration queries.

    Of equally many calls the cheapest; where none has that quality, the one of highest quality.
    """
    wanted = share * float(held_table.quality[:, tiers.cloud].mean())
    qualities, calls, costs = (own.mean(axis=1) for own in (held.quality, held.calls, held.cost))
    enough = np.flatnonzero(qualities >= wanted - 1e-12)
    chosen = enough[np.lexsort((costs[enough], calls[enough]))[0]] if enough.size else np.argmax(qualities)
    return _point(f"{share:.0%} of the cloud's quality", (int(chosen),), 0.0, test, replicates, tiers)


def _point(
    aim: str, places: tuple[int | None, ...], share: float, test: Recorded, replicates: Replicates, tiers: Tiers
) -> OperatingPoint:
    def mean(values: Array, alone: Array) -> Array:
        """[1 + R] of values [S, N], mixed; a place that is None is a tier alone, [1 + R]."""
        parts = [alone if place is None else replicates.weights @ values[place] for place in places]
        return parts[0] if len(parts) == 1 else np.asarray((1 - share) * parts[0] + share * parts[1])

    cheapest = tiers.cheapest
    quality = mean(test.quality, replicates.quality[:, cheapest])
    cost = mean(test.cost, replicates.cost[:, cheapest])
    calls = mean(test.calls, np.full(len(replicates.weights), float(cheapest != 0)))
    cloud = replicates.quality[:, tiers.cloud]
    relative = np.divide(quality, cloud, out=np.full(len(cloud), np.nan), where=cloud > 0)
    return OperatingPoint(
        aim=aim,
        settings=tuple(float(test.settings[place]) for place in places if place is not None),
        share=share,
        quality=metrics.interval(quality[0], quality[1:]),
        cost=metrics.interval(cost[0], cost[1:]),
        calls=metrics.interval(calls[0], calls[1:]),
        cloud_share=metrics.interval(relative[0], relative[1:]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A guarantee on the loss of quality against the cloud alone, beside the rule that only looks at the sample.

    Args:
        most, delta, bound: asked for: a mean loss of at most ``most`` with probability 1 − ``delta``.
        setting: chosen; None is always calling.
        calibration_loss: of the setting on the calibration queries.
        test_loss, test_calls: of the setting on the test queries.
        resampled: over calibration sets drawn from all queries that were not trained on.
        in_sample_setting: of the rule that only looks at the sample.
        in_sample_loss: on the test queries.
        in_sample_resampled: of that rule.
    """

    most: float
    delta: float
    bound: Bound
    setting: float | None
    calibration_loss: float
    test_loss: Interval
    test_calls: Interval
    resampled: Resampled
    in_sample_setting: float | None
    in_sample_loss: Interval
    in_sample_resampled: Resampled


def promise(
    held: Recorded,
    test: Recorded,
    held_table: OutcomeTable,
    test_table: OutcomeTable,
    replicates: Replicates,
    tiers: Tiers,
    *,
    most: float,
    delta: float,
    bound: Bound,
    count: int,
    seed: int,
) -> Promise:
    """The cheapest setting that is safe, and how often such promises were broken over ``count`` resamples."""
    held_losses = held_table.quality[:, tiers.cloud] - held.quality[::-1]
    test_losses = test_table.quality[:, tiers.cloud] - test.quality[::-1]
    settings, calls = test.settings[::-1], test.calls[::-1]
    chosen = learn_then_test(held_losses, most=most, delta=delta, bound=bound, seed=seed)
    theirs = in_sample(held_losses, most=most)

    def on_test(place: int | None, values: Array, otherwise: float) -> Interval:
        means = replicates.weights @ (np.full(values.shape[1], otherwise) if place is None else values[place])
        return metrics.interval(means[0], means[1:])

    both = np.hstack([held_losses, test_losses])
    kept = 1 - np.hstack([held.calls[::-1], calls])

    def resampled(own: Bound | None) -> Resampled:
        size = len(held_table)
        return resample_check(both, kept, most=most, delta=delta, bound=own, size=size, count=count, seed=seed)

    return Promise(
        most=most,
        delta=delta,
        bound=bound,
        setting=None if chosen.place is None else float(settings[chosen.place]),
        calibration_loss=chosen.loss,
        test_loss=on_test(chosen.place, test_losses, 0.0),
        test_calls=on_test(chosen.place, calls, 1.0),
        resampled=resampled(bound),
        in_sample_setting=None if theirs is None else float(settings[theirs]),
        in_sample_loss=on_test(theirs, test_losses, 0.0),
        in_sample_resampled=resampled(None),
    )
