"""Methods that decide on estimates of quality: tiers are asked one after another, by a rule of the decision core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError
from upcall.routing.bases.method import Decisions, Explanation
from upcall.routing.estimates.quality_model import FitEstimates, QualityEstimates, QualityModel
from upcall.routing.tables.outcome_table import OutcomeTable
from upcall.routing.tables.recent import RecentTables

Array = NDArray[np.float64]
Asked = frozenset[int]
_SETTINGS = 20


class EstimatedMethod:
    """Asks the tier that ``following`` names until it names none; the user gets the answer that is estimated best.

    A setting is λ ≥ 0, the quality given for a unit of cost. A tier's cost is estimated by its mean on the training queries.

    Args:
        fit_estimates: gives the estimates. Methods that are compared on one table may be given the same ones.
    """

    name: ClassVar[str]

    def __init__(self, fit_estimates: FitEstimates = QualityModel) -> None:
        self._fit_estimates = fit_estimates
        self._model: QualityEstimates | None = None
        self._settings = np.zeros(0)
        self.costs = np.zeros(0)
        """[K], mean of the training queries."""
        self._recent = RecentTables()

    def following(
        self, table: OutcomeTable, rows: NDArray[np.int64], asked: Asked, setting: float
    ) -> NDArray[np.int64]:
        """The tier to ask next, −1 to stop, for the rows [M] of a table whose tiers ``asked`` have answered."""
        raise NotImplementedError

    def tune(self, calibration: OutcomeTable) -> Array:
        """Settle what the calibration queries decide, and give the settings [S]."""
        return spread(lambda setting: float(self.decide(calibration, setting).cost(calibration).mean()), self.costs)

    def fit(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> None:
        """Estimate on train, tune on calibration; see ``Method``."""
        self._model = self._fit_estimates(train, calibration, seed=seed)
        self.costs = train.cost.mean(axis=0)
        self._start()
        self._settings = self.tune(calibration)

    def _start(self) -> None:
        """Forget what was worked out of an earlier fit."""
        self._recent.forget()

    @property
    def model(self) -> QualityEstimates:
        """The estimates of quality on which the method decides.

        Raises:
            InputError: the method is not fitted.
        """
        if self._model is None:
            raise InputError(f"The method {self.name} is not fitted.", next_step="fit it")
        return self._model

    def settings(self) -> Array:
        """[S] falling λ, from the least spent to the most."""
        return self._settings

    def known(self, table: OutcomeTable) -> dict[Any, Any]:
        """The numbers worked out of a table so far; add to them. Tables are told apart by identity, as none is ever changed."""
        return self._recent.of(table)

    def means(self, table: OutcomeTable, asked: Asked) -> Array:
        """[N, K] expected quality once ``asked`` have answered.

        Raises:
            InputError: the table has other tiers than those of training.
        """
        if len(table.tiers) != len(self.costs):
            raise InputError(
                f"The table has {len(table.tiers)} tiers.",
                allowed=f"{len(self.costs)}, those of the tables it was fitted on",
            )
        known = self.known(table)
        if ("mean", asked) not in known:
            known["mean", asked] = self.model.mean(table, asked)
        return np.asarray(known["mean", asked])

    def best_asked(self, table: OutcomeTable, rows: NDArray[np.int64], asked: Asked) -> NDArray[np.int64]:
        """[M] the tier among those asked whose answer is estimated best; the cheapest when equal."""
        order = sorted(asked, key=lambda tier: (self.costs[tier], tier))
        return np.asarray(np.array(order)[self.means(table, asked)[rows][:, order].argmax(axis=1)])

    def decide(self, table: OutcomeTable, setting: float) -> Decisions:
        """Ask tier after tier until ``following`` names none; see ``Method``."""
        if not setting >= 0:
            raise InputError(f"The setting is {setting}.", allowed="a price of 0 or more")
        asked = np.zeros((len(table), len(table.tiers)), dtype=bool)
        chosen = np.full(len(table), -1)
        waiting: dict[Asked, list[NDArray[np.int64]]] = {frozenset(): [np.arange(len(table))]}
        while waiting:
            now = min(waiting, key=len)  # all that reach a set are there before it is looked at
            rows = np.concatenate(waiting.pop(now))
            following = self.following(table, rows, now, setting)
            done = rows[following < 0]
            if len(done):
                asked[np.ix_(done, np.array(sorted(now)))] = True
                chosen[done] = self.best_asked(table, done, now)
            for tier in np.unique(following[following >= 0]).tolist():
                waiting.setdefault(now | {tier}, []).append(rows[following == tier])
        return Decisions(asked, chosen)

    def explain(self, table: OutcomeTable, query: int, setting: float) -> Explanation:
        """The estimates at each step, and what followed from them."""
        one = table.select(np.array([query]))
        rows, order = np.zeros(1, dtype=np.int64), list[int]()
        steps = [f"price of a unit of cost {setting:.4g}; " + self._listed("costs", self.costs, table)]
        while True:
            asked = frozenset(order)
            tier = int(self.following(one, rows, asked, setting)[0])
            told = ", ".join(table.tiers[place] for place in order) or "none"
            action = "stop" if tier < 0 else f"ask {table.tiers[tier]}"
            steps.append(
                f"answered: {told}; {self._listed('expected quality', self.means(one, asked)[0], table)}; {action}"
            )
            if tier < 0:
                break
            order.append(tier)
        chosen = int(self.best_asked(one, rows, frozenset(order))[0])
        return Explanation(tuple(steps), tuple(table.tiers[place] for place in order), table.tiers[chosen])

    @staticmethod
    def _listed(what: str, values: Array, table: OutcomeTable) -> str:
        return f"{what} " + ", ".join(f"{tier} {value:.3g}" for tier, value in zip(table.tiers, values, strict=True))


def spread(spend: Callable[[float], float], costs: Sequence[float] | Array, *, count: int = _SETTINGS) -> Array:
    """[S ≤ count] falling prices λ, the last 0, whose spends lie about evenly between the least and the most.

    Args:
        spend: mean cost a query at a price.
        costs: [K] of the tiers, for where to begin.
        count: of prices, ≥ 2.
    """
    costs = np.asarray(costs, dtype=np.float64)
    width = float(costs.max() - costs.min()) or float(costs.max()) or 1.0
    found = {0.0: spend(0.0)}
    for direction, bound in ((4.0, None), (0.25, found[0.0])):
        price, last = 1 / width, np.nan
        for _ in range(12):
            found[price] = found[price] if price in found else spend(price)
            is_end = found[price] == last if bound is None else abs(found[price] - bound) <= 0.01 * width
            if is_end:
                break
            last, price = found[price], price * direction
    while len(found) < 2 * count:
        ranked = sorted(found)
        gaps = [abs(found[high] - found[low]) * (low > 0 and high / low > 1.02) for low, high in pairwise(ranked)]
        widest = int(np.argmax(gaps))
        if gaps[widest] <= width / (2 * count):
            break
        # Not in the subscript: that is evaluated after the call.
        price = float(np.sqrt(ranked[widest] * ranked[widest + 1]))
        found[price] = spend(price)
    ranked = sorted(found, reverse=True)
    spends = np.array([found[price] for price in ranked])
    wanted = np.linspace(spends.min(), spends.max(), count)
    kept = {int(np.abs(spends - one).argmin()) for one in wanted} | {len(ranked) - 1}
    return np.array([ranked[place] for place in sorted(kept)])
