"""How good each tier's answer is expected to be, given what is visible: the estimates on which every method decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError
from upcall.routing.estimates.calibration import Scaling, fit_scaling, probability
from upcall.routing.estimates.logistic import STRENGTHS, fitted
from upcall.routing.signals.projection import COMPONENTS
from upcall.routing.signals.visible import Signals
from upcall.routing.tables.outcome_table import OutcomeTable
from upcall.routing.tables.recent import RecentTables

Array = NDArray[np.float64]
Asked = frozenset[int]
FOLDS = 5
_STRENGTH_FOLDS = 3


@dataclass(frozen=True, slots=True)
class _Estimator:
    """Logistic in the signals, then calibrated; no weights where only a constant could be learnt."""

    weights: Array
    bias: float
    scaling: Scaling

    def probabilities(self, signals: Array) -> Array:
        return probability(self.scaling.apply(_logits(signals, self.weights, self.bias)))


class QualityModel:
    """E[q_k | what is visible once some tiers have answered], for every tier k and every set of tiers asked.

    Each is a logistic head on ``Signals``, its strength of regularisation chosen by cross-validation on the training
    queries, calibrated on the calibration queries. Sets are fitted when they are first asked for, since K tiers have 2^K.
    Quality may be a fraction: it is then the share of right answers.

    Args:
        components: most dimensions of each block of hidden states.
    """

    def __init__(self, *, components: int = COMPONENTS) -> None:
        self._components = components
        self._tables: tuple[OutcomeTable, OutcomeTable] | None = None
        self._learn(Signals(), tiers=0, seed=0)

    def _learn(self, signals: Signals, *, tiers: int, seed: int) -> None:
        self._signals = signals
        self._tiers = tiers
        self._seed = seed
        self._folds: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._strengths: dict[tuple[int, bool], float] = {}
        self._estimators: dict[Asked, list[_Estimator]] = {}
        self._out_of_fold: dict[Asked, Array] = {}
        self._covariances: dict[Asked, Array] = {}
        self._means = RecentTables()

    def fit(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> Self:
        """Learn from outcomes.

        Args:
            train: for the heads.
            calibration: for their calibration; of the same tiers.
            seed: same seed, same estimates.

        Raises:
            InputError: the two tables have other tiers.
        """
        if train.tiers != calibration.tiers:
            raise InputError("The tables for training and calibration have other tiers.", allowed="the same")
        for other in _fitted_last:
            if other._is_of(train, calibration, seed=seed, components=self._components):
                # The same queries give the same heads, so methods that are compared on a table share them as they are fitted.
                self.__dict__.update(other.__dict__)
                return self
        self._tables = (train, calibration)
        self._learn(Signals(components=self._components, seed=seed).fit(train), tiers=len(train.tiers), seed=seed)
        self._folds = np.random.default_rng(seed).permutation(len(train)) % FOLDS
        _fitted_last[:] = [self]
        return self

    def _is_of(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int, components: int) -> bool:
        same = self._tables is not None and self._tables[0] is train and self._tables[1] is calibration
        return same and (self._seed, self._components) == (seed, components)

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
            difference = self.out_of_fold(asked) - self.out_of_fold(frozenset(range(self._tiers)))
            self._covariances[asked] = np.atleast_2d(np.cov(difference, rowvar=False))
        return self._covariances[asked]

    def deviation(self, asked: Asked) -> Array:
        """[K], the square roots of the covariance's diagonal."""
        return np.sqrt(np.diag(self.covariance(asked)))

    @property
    def folds(self) -> NDArray[np.int64]:
        """[N] of the training queries, 0 to ``FOLDS`` − 1: those of one fold are estimated by heads fitted on the others."""
        return self._folds

    def out_of_fold(self, asked: Asked) -> Array:
        """[N, K]: ``mean`` of the training queries, each by heads that were fitted without it."""
        if asked not in self._out_of_fold:
            train, _ = self._fitted_on()
            signals = self._signals.transform(train, asked)
            estimates = np.zeros((len(train), self._tiers))
            for tier, whole in enumerate(self._fitted(asked)):
                strength = self._strength(asked, tier)
                for fold in range(FOLDS):
                    held = self._folds == fold
                    head = _head(signals[~held], train.quality[~held, tier], strength)
                    logits = _logits(signals[held], *head)
                    estimates[held, tier] = probability(whole.scaling.apply(logits))
            self._out_of_fold[asked] = estimates
        return self._out_of_fold[asked]

    def _fitted_on(self) -> tuple[OutcomeTable, OutcomeTable]:
        if self._tables is None:
            raise InputError("The quality model is not fitted.", next_step="fit it")
        return self._tables

    def _fitted(self, asked: Asked) -> list[_Estimator]:
        if asked not in self._estimators:
            train, calibration = self._fitted_on()
            signals, held = self._signals.transform(train, asked), self._signals.transform(calibration, asked)
            own = []
            for tier in range(self._tiers):
                weights, bias = _head(signals, train.quality[:, tier], self._strength(asked, tier))
                scaling = fit_scaling(_logits(held, weights, bias), calibration.quality[:, tier])
                own.append(_Estimator(weights, bias, scaling))
            self._estimators[asked] = own
        return self._estimators[asked]

    def _strength(self, asked: Asked, tier: int) -> float:
        """Of a tier's heads before it has answered, and after: chosen once each, where nothing else is visible."""
        kind = (tier, tier in asked)
        if kind not in self._strengths:
            train, _ = self._fitted_on()
            signals = self._signals.transform(train, frozenset({tier} if tier in asked else ()))
            folds = np.random.default_rng(self._seed).permutation(len(train)) % _STRENGTH_FOLDS
            self._strengths[kind] = best_strength(signals, train.quality[:, tier], folds)
        return self._strengths[kind]


_fitted_last: list[QualityModel] = []
"""The model fitted last, or nothing."""


def best_strength(inputs: Array, labels: Array, folds: NDArray[np.int64]) -> float:
    """Of ``STRENGTHS``, that of least cross-entropy on queries held out.

    Args:
        inputs: [N, F].
        labels: [N] in [0, 1].
        folds: [N], which queries are held out together.
    """
    if not inputs.shape[1] or labels.min() == labels.max():
        return STRENGTHS[0]
    losses = np.zeros(len(STRENGTHS))
    for place, strength in enumerate(STRENGTHS):
        for fold in np.unique(folds):
            held = folds == fold
            logits = _logits(inputs[held], *_head(inputs[~held], labels[~held], strength))
            losses[place] += float(np.sum(np.logaddexp(0, logits) - labels[held] * logits))
    return STRENGTHS[int(np.argmin(losses))]


def _head(inputs: Array, labels: Array, strength: float) -> tuple[Array, float]:
    if not inputs.shape[1]:
        inputs = np.zeros((len(inputs), 1))  # nothing is visible: the bias says the share of right answers
    weights, bias = fitted(inputs, labels, np.ones(len(labels)), strength)
    return (weights, bias) if weights.any() else (np.zeros(0), bias)


def _logits(inputs: Array, weights: Array, bias: float) -> Array:
    return np.asarray(inputs @ weights + bias) if weights.size else np.full(len(inputs), bias)
