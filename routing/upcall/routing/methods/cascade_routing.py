"""Open-loop cascade routing: at each step the best set of tiers that holds those asked, at that step's own price."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.supermodel import Supermodels
from upcall.edge_runtime.decision.tiers.ties import TIE
from upcall.routing.bases.estimated import Array, Asked, EstimatedMethod
from upcall.routing.estimates.quality_model import FitEstimates, QualityModel
from upcall.routing.tables.outcome_table import OutcomeTable

_FACTORS = (0.5, 2.0)
_STEPS = 3  # later ones are reached by few queries


class CascadeRouting(EstimatedMethod):
    """The next tier of the best set; stop when the set asked is the best.

    Each step has its own price, the setting times a factor that is searched for on the calibration queries: a step's factor is
    kept where it raises quality − λ · cost, one step after another, from equal ones.

    Source: Dekoninck et al. 2024 (2410.10347). Departure: factors are searched for at a price in place of at a budget, so that
    the two searches are one.
    """

    name = "cascade_routing"

    def __init__(self, fit_estimates: FitEstimates = QualityModel) -> None:
        super().__init__(fit_estimates)
        self._factors: dict[float, list[float]] = {}
        self._rules: dict[Asked, Supermodels] = {}

    def order(self) -> Sequence[int] | None:
        """Tiers whose prefixes are the only sets; None for all sets."""
        return None

    def following(
        self, table: OutcomeTable, rows: NDArray[np.int64], asked: Asked, setting: float
    ) -> NDArray[np.int64]:
        """[M] the next tier of each query's best set."""
        if asked not in self._rules:
            self._rules[asked] = Supermodels(self.model.covariance(asked), asked=asked, order=self.order())
        rule, known = self._rules[asked], self.known(table)
        if ("sets", asked) not in known:
            known["sets", asked] = rule.qualities(self.means(table, asked))
        prices = (setting * self._factor(setting, len(asked)) * self.costs).tolist()
        return rule.choose_many(known["sets", asked][rows], prices)[1]

    def tune(self, calibration: OutcomeTable) -> Array:
        """Choose settings with equal prices, then each setting's factors."""
        self._factors = {}
        settings = super().tune(calibration)
        for setting in settings.tolist():
            if setting == 0:
                continue
            best, most = [1.0] * min(_STEPS, len(self.costs)), self._worth(calibration, setting)
            for step in range(len(best)):
                for factor in _FACTORS:
                    tried = [factor if place == step else own for place, own in enumerate(best)]
                    self._factors[setting] = tried
                    worth = self._worth(calibration, setting)
                    if worth > most + TIE:
                        best, most = tried, worth
            self._factors[setting] = best
        return settings

    def _worth(self, calibration: OutcomeTable, setting: float) -> float:
        made = self.decide(calibration, setting)
        return float(made.quality(calibration).mean() - setting * made.cost(calibration).mean())

    def _factor(self, setting: float, step: int) -> float:
        """The factor of a step's price at the nearest setting that was tuned."""
        if not self._factors or setting == 0:
            return 1.0
        own = self._factors.get(setting)
        if own is None:
            own = self._factors[min(self._factors, key=lambda one: abs(np.log(one / setting)))]
        return own[min(step, len(own) - 1)]

    def _start(self) -> None:
        super()._start()
        self._rules = {}
