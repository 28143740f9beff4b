"""A world of few visible values, and estimates that are the means of what was seen with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from upcall.routing.tables.outcome_table import OutcomeTable, outcome_table

COSTS = (0.05, 0.3, 1.0, 1.6)
_SKILL = (0.35, 0.6, 0.85, 0.9)


def world(count: int, *, tiers: int = 3, seed: int = 0, split: str = "test") -> OutcomeTable:
    """Queries of four levels; each answer comes with a hint, 0 or 1, of whether it is right."""
    rng = np.random.default_rng(seed)
    level = rng.integers(0, 4, count)
    chance = np.clip(np.array(_SKILL[:tiers])[None] + 0.25 - 0.15 * level[:, None], 0.03, 0.97)
    quality = (rng.uniform(size=(count, tiers)) < chance).astype(float)
    hint = np.where(rng.uniform(size=(count, tiers)) < 0.85, quality, 1 - quality).astype(np.float32)
    features = [
        np.stack([level, hint[:, 0]], axis=1).astype(np.float32),
        *(hint[:, [tier]] for tier in range(1, tiers)),
    ]
    private = np.where(rng.uniform(size=count) < 0.5, rng.integers(1, 6, count), 0)
    detected = rng.binomial(private, 0.8)
    return outcome_table(
        query_ids=[f"{split}-{seed}-{row}" for row in range(count)],
        tiers=["small", "middle", "large", "huge"][:tiers],
        quality=quality,
        cost=np.array(COSTS[:tiers]) * rng.uniform(0.8, 1.2, (count, tiers)),
        splits=[split] * count,
        features=features,
        feature_names=[["pre.level", "post.hint"], *([["hint"]] * (tiers - 1))],
        private_tokens=private.astype(np.int64),
        detected_private_tokens=detected.astype(np.int64),
    )


def keys(table: OutcomeTable, asked: frozenset[int]) -> np.ndarray:
    """[N] one number for all that is visible."""
    first = table.features[0]
    assert first is not None
    key = first[:, 0].astype(int)
    for tier in sorted(asked):
        own = table.features[tier]
        assert own is not None
        key = key * 2 + own[:, -1].astype(int)
    return np.asarray(key)


class Tabular:
    """Means of the training queries with the same visible values, drawn towards the mean of all."""

    def __init__(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> None:
        self._train = train
        self._saved: dict[str, Any] = {}

    def _values(self, asked: frozenset[int]) -> np.ndarray:
        name = ",".join(map(str, sorted(asked)))
        if name not in self._saved:
            key, quality = keys(self._train, asked), self._train.quality
            size = 4 << len(asked)
            sums = np.stack([np.bincount(key, weights=own, minlength=size) for own in quality.T], axis=1)
            counts = np.bincount(key, minlength=size)[:, None]
            self._saved[name] = (sums + 2 * quality.mean(axis=0)) / (counts + 2)
        return np.asarray(self._saved[name])

    def mean(self, table: OutcomeTable, asked: frozenset[int]) -> np.ndarray:
        return np.asarray(self._values(asked)[keys(table, asked)])

    def covariance(self, asked: frozenset[int]) -> np.ndarray:
        name = "covariance " + ",".join(map(str, sorted(asked)))
        if name not in self._saved:
            every = frozenset(range(len(self._train.tiers)))
            self._saved[name] = np.atleast_2d(
                np.cov(self.mean(self._train, asked) - self.mean(self._train, every), rowvar=False)
            )
        return np.asarray(self._saved[name])
