"""What needs no router: one tier for all queries, tiers at random, and the oracle that no router can beat."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.mixture import best_tiers, upper_hull
from upcall.edge_runtime.decision.tiers.ties import TIE
from upcall.routing.bases.tier import TierMethod
from upcall.routing.estimates.grid import quantile_grid
from upcall.routing.tables.outcome_table import OutcomeTable


class AlwaysEach(TierMethod):
    """One tier for all queries. A setting is the place of a tier by rising cost."""

    name = "always_each"

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> NDArray[np.float64]:
        """Order the tiers by their cost on the training queries."""
        self._learnt = {"order": np.argsort(train.cost.mean(axis=0), kind="stable")}
        return np.arange(len(train.tiers), dtype=np.float64)

    def tiers(self, table: OutcomeTable, setting: float) -> NDArray[np.int64]:
        """[N] the tier of that place, for all."""
        return np.full(len(table), self._learnt["order"][round(setting)])


class BestSingle(TierMethod):
    """The tier of highest mean quality on the training queries, for all queries; the cheaper one when equal."""

    name = "best_single"

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> NDArray[np.float64]:
        """Find that tier."""
        means, costs = train.quality.mean(axis=0), train.cost.mean(axis=0)
        self._learnt = {"tier": np.array(min(range(len(means)), key=lambda tier: (-means[tier], costs[tier])))}
        return np.zeros(1)

    def tiers(self, table: OutcomeTable, setting: float) -> NDArray[np.int64]:
        """[N] that tier, for all."""
        return np.full(len(table), int(self._learnt["tier"]))


class RandomMixing(TierMethod):
    """The best that can be done without looking at a query: two neighbours on the upper hull of the single tiers, at random.

    A setting v + s is the hull's vertex v with probability 1 − s, else v + 1; only the vertices are worth trying, since a curve
    is linear between them. Whether a query goes to the dearer of the two is
    a function of its id and the seed, so a table is always decided alike.
    """

    name = "random"

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> NDArray[np.float64]:
        """Find the upper hull of the single tiers on the training queries."""
        hull = upper_hull(train.cost.mean(axis=0), train.quality.mean(axis=0))
        self._learnt = {"hull": np.array(hull), "seed": np.array(seed)}
        return np.arange(len(hull), dtype=np.float64)

    def tiers(self, table: OutcomeTable, setting: float) -> NDArray[np.int64]:
        """[N] the lower or the upper neighbour, by a draw of each query's own."""
        hull = self._learnt["hull"]
        low = min(int(setting), len(hull) - 1)
        high = min(low + 1, len(hull) - 1)
        draws = drawn(table, seed=int(self._learnt["seed"]))
        return np.asarray(np.where(draws < setting - low, hull[high], hull[low]), dtype=np.int64)


def drawn(table: OutcomeTable, *, seed: int) -> NDArray[np.float64]:
    """[N] in [0, 1), a function of each query's id and the seed."""
    digests = (hashlib.sha256(f"{seed}:{query}".encode()).digest() for query in table.query_ids)
    return np.array([int.from_bytes(digest[:7]) / 2**56 for digest in digests])


class Oracle(TierMethod):
    """Knows every answer's quality: the best tier at a price λ a unit of cost. A bound: it reads what it decides on."""

    name = "oracle"

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> NDArray[np.float64]:
        """Find the prices at which some training query changes its tier."""
        self._learnt = {"cost": train.cost.mean(axis=0)}
        return prices(train.quality, self._learnt["cost"])

    def tiers(self, table: OutcomeTable, setting: float) -> NDArray[np.int64]:
        """[N] the tier of greatest quality − λ · cost, the cheapest when equal."""
        return best_tiers(table.quality, self._learnt["cost"], setting)[0]


def prices(quality: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """[S] falling prices λ: quantiles of those at which a query of estimates [N, K] goes from the cheapest tier to another."""
    cheapest = int(np.argmin(cost))
    dearer = [tier for tier in range(len(cost)) if cost[tier] > cost[cheapest]]
    steps = cost[dearer] - cost[cheapest]
    gains = (quality[:, dearer] - quality[:, [cheapest]]) / steps
    known = gains[gains > 0]
    if not known.size:
        return np.zeros(1)
    found = quantile_grid(known)
    below = np.maximum(found - 2 * TIE / steps.min(), 0)  # just enough for the dearer tier to be better, and not equal
    return np.unique(np.concatenate([[2 * found[-1]], below, [0.0]]))[::-1]
