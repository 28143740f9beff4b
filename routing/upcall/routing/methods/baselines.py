"""Routers that others use, to compare with: length, neighbours, log-probability, win probability, the model's own verdict."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.mixture import best_tiers
from upcall.edge_runtime.errors import InputError, require
from upcall.routing.bases.pair import PairMethod
from upcall.routing.bases.tier import TierMethod
from upcall.routing.estimates.logistic import Logistic, fit_best_logistic
from upcall.routing.methods.static import prices
from upcall.routing.signals.prompt_features import PromptFeatures, feature
from upcall.routing.tables.outcome_table import OutcomeTable
from upcall.routing.tables.recent import Remembered

Array = NDArray[np.float64]
MEAN_LOG_PROB = "post.mean_log_prob"
SELF_VERIFICATION = "post.self_verification"
_NEIGHBOURS = (5, 10, 20, 40, 80, 160)


class Length(PairMethod):
    """Short prompts stay on the device."""

    name = "length"

    def scores(self, table: OutcomeTable) -> Array:
        """[N] minus the characters of the prompt."""
        return -np.array([len(prompt) for prompt in prompts_of(table)], dtype=np.float64)


class LogProb(PairMethod):
    """The device answers, and its answer stays when its tokens were likely enough."""

    name = "log_prob"
    asks_device_first = True

    def scores(self, table: OutcomeTable) -> Array:
        """[N] mean log-probability of the answer's tokens, nats."""
        return feature(table, MEAN_LOG_PROB)


class SelfVerification(PairMethod):
    """The device answers and then judges its own answer; what it holds right stays.

    Source: Aggarwal et al. 2023 (AutoMix, 2310.12963), its threshold router. The verdict is a recorded feature of the table.
    """

    name = "self_verification"
    asks_device_first = True

    def scores(self, table: OutcomeTable) -> Array:
        """[N] share of verdicts "right"."""
        return feature(table, SELF_VERIFICATION)


class WinProbability(PairMethod):
    """RouteLLM: the probability that the cloud's answer wins, from the prompt alone.

    Source: Ong et al. 2024 (2406.18665). Departure: a logistic model on TF-IDF and SVD in place of their matrix factorisation
    or BERT on bought embeddings; preferences are differences of recorded quality, a tie being half a win for each.
    """

    name = "win_probability"
    is_probability = True

    def __init__(self) -> None:
        super().__init__()
        self._prompts = PromptFeatures()
        self._head = Logistic(np.zeros(0), 0.0)

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> None:
        """Fit the probability that the cloud wins."""
        self._prompts = PromptFeatures(seed=seed).fit(prompts_of(train))
        inputs = self._prompts.transform(train.prompts).astype(np.float64)
        self._head = fit_best_logistic(inputs, 1 - self.is_kept_right(train), seed=seed)

    def is_kept_right(self, table: OutcomeTable) -> Array:
        """[N] 1 where the device wins, ½ at a tie."""
        return np.asarray((np.sign(table.quality[:, 0] - table.quality[:, self._cloud]) + 1) / 2)

    def scores(self, table: OutcomeTable) -> Array:
        """[N] 1 − P(the cloud wins)."""
        inputs = self._prompts.transform(prompts_of(table)).astype(np.float64)
        return 1 - self._head.probabilities(inputs)


class Neighbours(TierMethod):
    """Quality of each tier is the mean over the most similar training prompts; the best value at a price is asked.

    The number of neighbours is that of least squared error on the calibration queries. Similarity is the cosine of TF-IDF
    reduced by SVD: no sentence encoder is at hand offline.

    Source: Hu et al. 2024 (RouterBench, 2403.12031), the kNN router.
    """

    name = "knn"

    def __init__(self) -> None:
        super().__init__()
        self._words = PromptFeatures()
        self._remembered = Remembered(self._estimated)

    def learn(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> Array:
        """Keep the training prompts, choose the number of neighbours."""
        self._words = PromptFeatures(seed=seed).fit(prompts_of(train))
        self._learnt = {
            "inputs": _unit(self._words.transform(train.prompts)),
            "quality": train.quality,
            "cost": train.cost.mean(axis=0),
        }
        most = min(max(_NEIGHBOURS), len(train))
        nearest = self._nearest(calibration, most)
        errors = {
            own: float(((train.quality[nearest[:, :own]].mean(axis=1) - calibration.quality) ** 2).mean())
            for own in sorted({min(one, most) for one in _NEIGHBOURS})
        }
        self._remembered = Remembered(self._estimated)
        self._learnt["neighbours"] = np.array(min(errors, key=lambda own: errors[own]))
        return prices(self.estimates(calibration), self._learnt["cost"])

    def _nearest(self, table: OutcomeTable, count: int) -> NDArray[np.int64]:
        """[N, count] rows of the training table, the nearest first."""
        neighbors = require("sklearn.neighbors", extra="routing")
        found = neighbors.NearestNeighbors(n_neighbors=count, algorithm="brute").fit(self._learnt["inputs"])
        inputs = _unit(self._words.transform(prompts_of(table)))
        return np.asarray(found.kneighbors(inputs, return_distance=False))

    def estimates(self, table: OutcomeTable) -> Array:
        """[N, K] mean quality of the nearest training prompts."""
        return self._remembered(table)

    def _estimated(self, table: OutcomeTable) -> Array:
        nearest = self._nearest(table, int(self._learnt["neighbours"]))
        return np.asarray(self._learnt["quality"][nearest].mean(axis=1))

    def tiers(self, table: OutcomeTable, setting: float) -> NDArray[np.int64]:
        """[N] the tier of greatest estimate − λ · cost."""
        return best_tiers(self.estimates(table), self._learnt["cost"], setting)[0]


def _unit(values: NDArray[np.float32]) -> Array:
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(lengths, 1e-12), dtype=np.float64)


def prompts_of(table: OutcomeTable) -> list[str]:
    """[N] prompts of a table that holds them all.

    Raises:
        InputError: the table does not hold them all.
    """
    known = [prompt for prompt in table.prompts if prompt is not None]
    if len(known) < len(table):
        raise InputError(
            f"{len(table) - len(known)} queries have no prompt.", allowed="the column prompt, filled for every query"
        )
    return known
