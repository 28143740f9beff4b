"""Small tables of outcomes whose truth is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upcall.routing.tables.outcome_table import OutcomeTable, Split, outcome_table

EASY = ("add two small numbers", "say hello to the dog", "name a colour please", "spell the word cat")
HARD = (
    "prove the theorem about primes",
    "derive the integral of tangent",
    "explain quantum tunnelling",
    "solve the riddle",
)


def two_tiers(n: int = 600, *, seed: int = 0, noise: float = 0.1, has_features: bool = True) -> OutcomeTable:
    """Easy prompts that both answer, hard ones that only the cloud does; the device's log-probability tells the two apart."""
    random = np.random.default_rng(seed)
    is_hard = random.random(n) < 0.5
    prompts = [f"{(HARD if hard else EASY)[random.integers(4)]} {random.integers(1000)}" for hard in is_hard]
    right = np.stack([random.random(n) < np.where(is_hard, noise, 1 - noise), random.random(n) < 0.95], axis=1)
    log_probs = -np.exp(random.normal(np.where(is_hard, 0.5, -1.0), 0.5))
    features: NDArray[np.float32] = np.stack([random.normal(is_hard), log_probs], axis=1).astype(np.float32)
    return outcome_table(
        query_ids=[f"q{place}" for place in range(n)],
        tiers=("device", "cloud"),
        quality=right.astype(float),
        cost=np.tile([1.0, 10.0], (n, 1)),
        splits=np.array(list(Split))[np.arange(n) % 3].tolist(),
        tasks=np.where(is_hard, "hard", "easy").tolist(),
        prompts=prompts,
        features=(features, None) if has_features else None,
        feature_names=(("pre.first_entropy", "post.mean_log_prob"), ()) if has_features else None,
        about={"cost_unit": "relative"},
    )
