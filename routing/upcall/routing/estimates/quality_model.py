"""How good each tier's answer is expected to be, given what is visible: the estimates on which every method decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError
from upcall.routing.estimates.calibration import Scaling, fit_scaling, probability
from upcall.routing.estimates.logistic import Logistic, best_strength, fit_logistic
from upcall.routing.signals.projection import COMPONENTS
from upcall.routing.signals.visible import Signals
from upcall.routing.tables.outcome_table import OutcomeTable
from upcall.routing.tables.recent import RecentTables

Array = NDArray[np.float64]
Asked = frozenset[int]
FOLDS = 5
_STRENGTH_FOLDS = 3


class QualityEstimates(Protocol):
    """How good each tier's answer is expected to be, given what is visible once some tiers have answered."""

    def mean(self, table: OutcomeTable, asked: Asked) -> Array:
        """[N, K] in [0, 1], the expected quality of every tier once ``asked`` have answered."""

    def covariance(self, asked: Asked) -> Array:
        """[K, K] of (estimate now − estimate once all have answered), quality²."""


class FitEstimates(Protocol):
    """Learns estimates from outcomes. ``QualityModel`` is one; so is a function that hands out a model fitted before."""

    def __call__(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> QualityEstimates:
        """Estimates learnt from the two tables; same seed, same estimates."""


@dataclass(frozen=True, slots=True)
class _Estimator:
    """A logistic head in the signals, and its calibration."""

    head: Logistic
    scaling: Scaling

    def probabilities(self, signals: Array) -> Array:
        return probability(self.scaling.apply(self.head.logits(signals)))


class QualityModel:
    """E[q_k | what is visible once some tiers have answered], for every tier k and every set of tiers asked.

    Each is a logistic head on ``Signals``, its strength of regularisation chosen by cross-validation on the training
    queries, calibrated on the calibration queries. Sets are fitted when they are first asked for, since K tiers have 2^K.
    Quality may be a fraction: it is then the share of right answers.

    Args:
        train: outcomes for the heads.
        calibration: outcomes for their calibration, of the same tiers.
        seed: same seed, same estimates.
        components: most dimensions of each block of hidden states.

    Raises:
        InputError: the two tables have different tiers.
    """

    def __init__(
        self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int, components: int = COMPONENTS
    ) -> None:
        if train.tiers != calibration.tiers:
            raise InputError("The tables for training and calibration have different tiers.", allowed="the same")
        self._train, self._calibration = train, calibration
        self._seed = seed
        self._signals = Signals(components=components, seed=seed).fit(train)
        self._folds: NDArray[np.int64] = np.random.default_rng(seed).permutation(len(train)) % FOLDS
        self._strengths: dict[tuple[int, bool], float] = {}
        self._estimators: dict[Asked, list[_Estimator]] = {}
        self._out_of_fold: dict[Asked, Array] = {}
        self._covariances: dict[Asked, Array] = {}
        self._means = RecentTables()

    def mean(self, table: OutcomeTable, asked: Asked) -> Array:
        """[N, K] float64 in [0, 1], the expected quality of every tier once ``asked`` have answered.

        Reads what ``Signals`` reads, and nothing else of the table.

        Raises:
            InputError: the table has other tiers than the model.
        """
        known = self._means.of(table)
        if asked not in known:
            signals = self._signals.transform(table, asked)
            known[asked] = np.stack([own.probabilities(signals) for own in self._fitted(asked)], axis=1)
        return np.asarray(known[asked])

    def covariance(self, asked: Asked) -> Array:
        """[K, K] of (estimate now − estimate once all have answered), quality².

        Measured on training queries by estimates of heads that were fitted without them.

        Source: Dekoninck et al. 2024 (2410.10347), their Σ; departure: cross-fitted, so that it is not too small.
        """
        if asked not in self._covariances:
            difference = self.out_of_fold(asked) - self.out_of_fold(frozenset(range(len(self._train.tiers))))
            self._covariances[asked] = np.atleast_2d(np.cov(difference, rowvar=False))
        return self._covariances[asked]

    def out_of_fold(self, asked: Asked) -> Array:
        """[N, K]: ``mean`` of the training queries, each by heads that were fitted without it."""
        if asked not in self._out_of_fold:
            train = self._train
            signals = self._signals.transform(train, asked)
            estimates = np.zeros((len(train), len(train.tiers)))
            for tier, whole in enumerate(self._fitted(asked)):
                strength = self._strength(asked, tier)
                for fold in range(FOLDS):
                    held = self._folds == fold
                    head = fit_logistic(signals[~held], train.quality[~held, tier], strength=strength)
                    estimates[held, tier] = _Estimator(head, whole.scaling).probabilities(signals[held])
            self._out_of_fold[asked] = estimates
        return self._out_of_fold[asked]

    def _fitted(self, asked: Asked) -> list[_Estimator]:
        if asked not in self._estimators:
            train, calibration = self._train, self._calibration
            signals, held = self._signals.transform(train, asked), self._signals.transform(calibration, asked)
            own = []
            for tier in range(len(train.tiers)):
                head = fit_logistic(signals, train.quality[:, tier], strength=self._strength(asked, tier))
                own.append(_Estimator(head, fit_scaling(head.logits(held), calibration.quality[:, tier])))
            self._estimators[asked] = own
        return self._estimators[asked]

    def _strength(self, asked: Asked, tier: int) -> float:
        """The strength of a tier's heads before it has answered, or after: chosen once each, where nothing else is visible."""
        kind = (tier, tier in asked)
        if kind not in self._strengths:
            train = self._train
            signals = self._signals.transform(train, frozenset({tier} if tier in asked else ()))
            folds = np.random.default_rng(self._seed).permutation(len(train)) % _STRENGTH_FOLDS
            self._strengths[kind] = best_strength(signals, train.quality[:, tier], folds)
        return self._strengths[kind]
