"""Closed-loop cascade routing learnt from outcomes: what is each further answer worth, given all that is visible now?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError
from upcall.routing.bases.method import Decisions, Explanation
from upcall.routing.estimates.quality_model import FOLDS, QualityModel
from upcall.routing.tables.outcome_table import OutcomeTable

Array = NDArray[np.float64]
Asked = frozenset[int]
Weights = dict[tuple[Asked, int], Array]
MAX_SETS = 64
_PRICES = np.concatenate([np.geomspace(20, 0.005, 40), [0.0]])  # times one over the dearest tier's cost
_PENALTY = 3.0  # of the ridge, as if so many queries said that nothing tells anything
_STOP = -1


class FittedBellman:
    """V_A = max(best estimate among the tiers asked, max_k Ê[V_{A ∪ k} − λ cost_k | what is visible]).

    Goes backward over the sets of tiers asked. Ê is a ridge regression on functions of the calibrated estimates, fitted to what
    was realised on the training queries by acting as chosen from A ∪ k on; estimates and regressions are both cross-fitted, so
    that no query tells what to do with itself. Nothing is assumed to be Gaussian, and a tier's price is the query's own.

    The knob is λ, quality a unit of cost. With more than six tiers, sets are kept small: at most 64 of them.

    Args:
        quality_model_factory: makes the estimates.

    Source: fitted value iteration (Gordon 1995) on the answered sets of Dekoninck et al. 2024 (2410.10347), whose rule is open
    loop: it charges a whole set although one may stop early.
    """

    name = "fitted_bellman"

    def __init__(self, quality_model_factory: Callable[[], QualityModel] = QualityModel) -> None:
        self._factory = quality_model_factory
        self._model = quality_model_factory()
        self._sets: list[Asked] = []
        self._weights: dict[float, Weights] = {}

    def fit(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> None:
        """Learn estimates and values for a grid of λ; see ``Method``."""
        self._model = self._factory()
        self._model.fit(train, calibration, seed=seed)
        self._sets = answered_sets(len(train.tiers))
        learner = _Learner(self._model, train, self._sets)
        dearest = float(train.cost.mean(axis=0).max()) or 1.0
        self._weights = {float(price): learner.weights(float(price)) for price in _PRICES / dearest}
        kept: dict[bytes, float] = {}
        for price in self._weights:  # they fall: of those that do the same with every query, the highest
            kept.setdefault(self.decide(calibration, price).asked.tobytes(), price)
        self._weights = {price: self._weights[price] for price in kept.values()}

    def settings(self) -> NDArray[np.float64]:
        """[S] λ, falling: the highest asks the fewest."""
        return np.array(sorted(self._weights, reverse=True))

    def decide(self, table: OutcomeTable, setting: float) -> Decisions:
        """Ask tier after tier, as long as the next answer is worth more than it costs.

        Raises:
            InputError: the setting is none of ``settings``.
        """
        n, k = len(table), len(table.tiers)
        weights = self._weights_of(setting)
        asked, chosen = np.zeros((n, k), dtype=bool), np.full(n, _STOP)
        rows_of = {frozenset[int](): np.arange(n)}
        for now in sorted(self._sets, key=len):  # a set is reached from smaller ones only
            rows = rows_of.get(now, np.zeros(0, dtype=np.int64))
            if not rows.size:
                continue
            values = _values(weights, now, self._model.mean(table, now)[rows])
            best = values.actions[np.argmax(values.worth, axis=1)]
            stops = rows[best == _STOP]
            chosen[stops] = values.best_tier[best == _STOP]
            for tier in values.actions[values.actions != _STOP]:
                going = rows[best == tier]
                asked[going, tier] = True
                then = now | {int(tier)}
                rows_of[then] = np.concatenate([rows_of.get(then, np.zeros(0, dtype=np.int64)), going])
        return Decisions(asked, chosen)

    def explain(self, table: OutcomeTable, query: int, setting: float) -> Explanation:
        """What each action was worth at each step."""
        weights, one = self._weights_of(setting), table.select(np.array([query]))
        now, order, steps = frozenset[int](), list[str](), list[str]()
        while True:
            estimates = self._model.mean(one, now)
            values = _values(weights, now, estimates)
            best = int(values.actions[int(np.argmax(values.worth[0]))])
            known = ", ".join(f"{tier} {own:.3f}" for tier, own in zip(table.tiers, estimates[0], strict=True))
            worth = ", ".join(
                f"{'stop' if action == _STOP else f'ask {table.tiers[action]}'} {own:.3f}"
                for action, own in zip(values.actions, values.worth[0], strict=True)
            )
            after = f"after {', '.join(order)}" if order else "before an answer"
            done = (
                f"stops with {table.tiers[int(values.best_tier[0])]}" if best == _STOP else f"asks {table.tiers[best]}"
            )
            steps.append(f"{after}: estimated quality {known}; worth at λ = {setting:.4g}: {worth}; {done}")
            if best == _STOP:
                return Explanation(tuple(steps), tuple(order), table.tiers[int(values.best_tier[0])])
            order.append(table.tiers[best])
            now |= {best}

    def _weights_of(self, setting: float) -> Weights:
        if setting not in self._weights:
            raise InputError(f"λ = {setting} was not learnt.", allowed="one of the settings found when it was fitted")
        return self._weights[setting]


def answered_sets(tiers: int) -> list[Asked]:
    """Sets of at most so many tiers that there are no more than ``MAX_SETS``, the smallest first."""
    sets: list[Asked] = []
    for size in range(tiers + 1):
        more = [frozenset(one) for one in combinations(range(tiers), size)]
        if len(sets) + len(more) > MAX_SETS and size > 1:
            break
        sets += more
    return sets


@dataclass(frozen=True, slots=True)
class _Values:
    """Of N queries in one set of tiers asked.

    Args:
        actions: [A] tiers that may be asked next, and −1 for stopping.
        worth: [N, A].
        best_tier: [N], the tier asked whose answer is estimated best; −1 where none was asked.
    """

    actions: NDArray[np.int64]
    worth: Array
    best_tier: NDArray[np.int64]


def _values(weights: Weights, now: Asked, estimates: Array) -> _Values:
    own = sorted(now)
    columns, actions = [], []
    best_tier = np.full(len(estimates), _STOP)
    if own:
        best_tier = np.array(own)[np.argmax(estimates[:, own], axis=1)]
        actions, columns = [_STOP], [estimates[np.arange(len(estimates)), best_tier]]
    inputs = _inputs(now, estimates)
    for tier in range(estimates.shape[1]):
        if (now, tier) in weights:
            actions.append(tier)
            columns.append(inputs @ weights[now, tier])
    return _Values(np.array(actions), np.stack(columns, axis=1), best_tier)


def _inputs(now: Asked, estimates: Array) -> Array:
    """[N, F] of estimates [N, K]: them, their squares, the better of each two, the best asked, and one.

    The better of two is what the value of asking is made of; for what is uncertain the regression finds its weight.
    """
    pairs = [np.maximum(estimates[:, a], estimates[:, b]) for a, b in combinations(range(estimates.shape[1]), 2)]
    best = [estimates[:, sorted(now)].max(axis=1)] if now else []
    return np.column_stack([np.ones(len(estimates)), estimates, estimates**2, *pairs, *best])


class _Learner:
    """Solves the regressions: what depends on the set and the fold is worked out once, for every λ."""

    def __init__(self, model: QualityModel, train: OutcomeTable, sets: Sequence[Asked]) -> None:
        self._train = train
        self._sets = sorted(sets, key=len, reverse=True)
        self._known = set(sets)
        self._folds = model.folds
        self._estimates = {now: model.out_of_fold(now) for now in sets}
        self._inputs = {now: _inputs(now, own) for now, own in self._estimates.items()}
        self._whole = {now: _ridge(inputs) for now, inputs in self._inputs.items()}
        self._parts = {
            now: [_ridge(inputs[self._folds != fold]) for fold in range(FOLDS)] for now, inputs in self._inputs.items()
        }

    def weights(self, price: float) -> Weights:
        """Of the regressions for one λ, by set and the tier asked next."""
        rows = np.arange(len(self._train))
        learnt: Weights = {}
        realised: dict[Asked, Array] = {}
        for now in self._sets:
            estimates, inputs = self._estimates[now], self._inputs[now]
            own = sorted(now)
            expected, got = np.full(len(rows), -np.inf), np.zeros(len(rows))
            if own:
                best_tier = np.array(own)[np.argmax(estimates[:, own], axis=1)]
                expected, got = estimates[rows, best_tier], self._train.quality[rows, best_tier]
            for tier in range(len(self._train.tiers)):
                then = now | {tier}
                if tier in now or then not in self._known:
                    continue
                target = realised[then] - price * self._train.cost[:, tier]
                learnt[now, tier] = self._whole[now] @ target
                predicted = np.zeros(len(rows))
                for fold, solver in enumerate(self._parts[now]):
                    held = self._folds == fold
                    predicted[held] = inputs[held] @ (solver @ target[~held])
                is_better = predicted > expected
                expected, got = np.where(is_better, predicted, expected), np.where(is_better, target, got)
            realised[now] = got
        return learnt


def _ridge(inputs: Array) -> Array:
    """[F, N]: gives weights [F] of targets [N]. The constant, the first column, is not penalised."""
    penalty = np.full(inputs.shape[1], _PENALTY)
    penalty[0] = 1e-9
    scale = np.maximum(inputs.std(axis=0), 1e-6)
    scale[0] = 1.0
    mean = inputs.mean(axis=0)
    mean[0] = 0.0
    centred = (inputs - mean) / scale
    solved = np.linalg.solve(centred.T @ centred + np.diag(penalty), centred.T)
    weights = solved / scale[:, None]
    weights[0] -= mean @ weights
    return np.asarray(weights)
