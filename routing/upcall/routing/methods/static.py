"""What needs no router: one tier for all queries, tiers at random, and the oracle that no router can beat."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from upcall.routing.bases.method import Decisions, Explanation
from upcall.routing.bases.pair import GRID
from upcall.routing.tables.outcome_table import OutcomeTable


class TierMethod:
    """Asks one tier a query; each setting says which."""

    name: ClassVar[str]

    def __init__(self) -> None:
        self._settings = np.zeros(0)
        self._learnt: dict[str, NDArray[Any]] = {}

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> NDArray[np.float64]:
        """Fill ``self._learnt``; gives the settings [S]."""
        raise NotImplementedError

    def tiers(self, table: OutcomeTable, setting: float) -> NDArray[np.int64]:
        """[N] tier of each query."""
        raise NotImplementedError

    def fit(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> None:
        """See ``Method``."""
        self._settings = self.learn(train, calibration, seed=seed)

    def settings(self) -> NDArray[np.float64]:
        """[S], from cheap to dear."""
        return self._settings

    def decide(self, table: OutcomeTable, setting: float) -> Decisions:
        """The tier of each query, and no other."""
        return Decisions.alone(self.tiers(table, setting), tiers=len(table.tiers))

    def explain(self, table: OutcomeTable, query: int, setting: float) -> Explanation:
        """Which tier; the reason is the method itself."""
        tier = table.tiers[int(self.tiers(table.select(np.array([query])), setting)[0])]
        return Explanation((f"{self.name} at {setting:.4g}: {tier} answers",), (tier,), tier)


class AlwaysEach(TierMethod):
    """One tier for all queries. A setting is the place of a tier by rising cost."""

    name = "always_each"

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> NDArray[np.float64]:
        """Order the tiers by their cost on the training queries."""
        self._learnt = {"order": np.argsort(train.cost.mean(axis=0), kind="stable")}
        return np.arange(len(train.tiers), dtype=np.float64)

    def tiers(self, table: OutcomeTable, setting: float) -> NDArray[np.int64]:
        """The tier of that place, for all."""
        return np.full(len(table), self._learnt["order"][round(setting)])


class BestSingle(TierMethod):
    """The tier of highest mean quality on the training queries, for all queries; the cheaper one when equal."""

    name = "best_single"

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> NDArray[np.float64]:
        """Find it."""
        means, costs = train.quality.mean(axis=0), train.cost.mean(axis=0)
        self._learnt = {"tier": np.array(min(range(len(means)), key=lambda tier: (-means[tier], costs[tier])))}
        return np.zeros(1)

    def tiers(self, table: OutcomeTable, setting: float) -> NDArray[np.int64]:
        """That tier, for all."""
        return np.full(len(table), int(self._learnt["tier"]))


class RandomMixing(TierMethod):
    """The best that is had without looking at a query: two neighbours on the upper hull of the single tiers, at random.

    A setting v + s is the hull's vertex v with probability 1 − s, else v + 1; only the vertices are worth trying, since a curve
    is linear between them. Whether a query goes to the dearer of the two is
    a function of its id and the seed, so a table is always decided alike.
    """

    name = "random"

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> NDArray[np.float64]:
        """Find the hull on the training queries."""
        hull = upper_hull(train.cost.mean(axis=0), train.quality.mean(axis=0))
        self._learnt = {"hull": np.array(hull), "seed": np.array(seed)}
        return np.arange(len(hull), dtype=np.float64)

    def tiers(self, table: OutcomeTable, setting: float) -> NDArray[np.int64]:
        """The lower or the upper neighbour, by a draw of each query's own."""
        hull = self._learnt["hull"]
        low = min(int(setting), len(hull) - 1)
        high = min(low + 1, len(hull) - 1)
        draws = drawn(table, seed=int(self._learnt["seed"]))
        return np.asarray(np.where(draws < setting - low, hull[high], hull[low]), dtype=np.int64)


def drawn(table: OutcomeTable, *, seed: int) -> NDArray[np.float64]:
    """[N] in [0, 1), a function of each query's id and the seed."""
    digests = (hashlib.sha256(f"{seed}:{query}".encode()).digest() for query in table.query_ids)
    return np.array([int.from_bytes(digest[:7]) / 2**56 for digest in digests])


def upper_hull(costs: NDArray[np.float64], qualities: NDArray[np.float64]) -> list[int]:
    """Places of the vertices by rising cost, from the cheapest (the best of those) to the best: what mixing cannot better.

    Args:
        costs: [K] ≥ 0.
        qualities: [K].

    Source: Andrew 1979, the monotone chain.
    """
    hull: list[int] = []
    for place in np.lexsort((-qualities, costs)):
        if hull and qualities[place] <= qualities[hull[-1]]:
            continue
        while len(hull) > 1 and _is_below(hull[-1], hull[-2], place, costs, qualities):
            hull.pop()
        hull.append(int(place))
    return hull


def _is_below(middle: int, left: int, right: int, costs: NDArray[np.float64], qualities: NDArray[np.float64]) -> bool:
    """Whether a point lies on or under the line of two others."""
    rise = (qualities[right] - qualities[left]) * (costs[middle] - costs[left])
    return bool((qualities[middle] - qualities[left]) * (costs[right] - costs[left]) <= rise)


class Oracle(TierMethod):
    """Knows every answer's quality: the best tier at a price λ a unit of cost. A bound: it reads what it decides on."""

    name = "oracle"

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> NDArray[np.float64]:
        """Prices at which some training query changes its tier."""
        self._learnt = {"cost": train.cost.mean(axis=0)}
        return prices(train.quality, self._learnt["cost"])

    def tiers(self, table: OutcomeTable, setting: float) -> NDArray[np.int64]:
        """argmax of quality − λ · cost, the cheapest when equal."""
        return best_value(table.quality, self._learnt["cost"], setting)


def best_value(quality: NDArray[np.float64], cost: NDArray[np.float64], price: float) -> NDArray[np.int64]:
    """[N] argmax_k q_k − λ c_k, the cheapest when equal, of quality [N, K] and mean cost [K]."""
    order = np.argsort(cost, kind="stable")
    values = np.round(quality[:, order] - price * cost[order], 12)
    return np.asarray(order[np.argmax(values, axis=1)])


def prices(quality: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """[S] falling prices λ: quantiles of those at which a query of estimates [N, K] goes from the cheapest tier to another."""
    cheapest = int(np.argmin(cost))
    dearer = [tier for tier in range(len(cost)) if cost[tier] > cost[cheapest]]
    gains = (quality[:, dearer] - quality[:, [cheapest]]) / (cost[dearer] - cost[cheapest])
    known = gains[gains > 0]
    if not known.size:
        return np.zeros(1)
    found = np.quantile(known, np.linspace(1, 0, GRID))
    return np.unique(np.concatenate([[2 * found[0]], found * (1 - 1e-9), [0.0]]))[::-1]
