"""Tables made of a known chance of being right, with the features of a small device."""

from __future__ import annotations

import numpy as np

from tests.tiny_bundle import HIDDEN
from upcall.edge_runtime.decision.features import STATISTICS
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.routing.tables.outcome_table import OutcomeTable, Split, outcome_table

PRE_NAMES = [f"pre.{name}" for name in STATISTICS[RouterStage.PRE]] + [
    f"pre.{state}_{place}" for state in ("hidden_last", "hidden_mid") for place in range(HIDDEN)
]
POST_NAMES = [f"post.{name}" for name in STATISTICS[RouterStage.POST]] + [
    f"post.{state}_{place}"
    for state in ("mean_hidden_last", "hidden_last", "mean_hidden_mid", "hidden_mid")
    for place in range(HIDDEN)
]
NAMES = PRE_NAMES + POST_NAMES


def logistic_world(n: int = 900, *, seed: int = 0) -> tuple[OutcomeTable, np.ndarray, np.ndarray]:
    """Three tiers. The device is right with a chance that is logistic in its features, more of them seen after it answers.

    Returns:
        The table, and the true chances [N] that the device is right given ``pre.`` features alone, and given all.
    """
    random = np.random.default_rng(seed)
    features = random.normal(size=(n, len(NAMES)))
    before = 1.5 * features[:, 1] - features[:, 6]
    after = 1.5 * features[:, len(PRE_NAMES) + 1] + 1.5 * features[:, len(PRE_NAMES) + 9]
    chance = 1 / (1 + np.exp(-(before + after)))
    device = random.random(n) < chance
    cloud = random.random((n, 2)) < (0.7, 0.95)
    quality = np.column_stack([device, cloud]).astype(float)
    truth = random.integers(100, 1000, n)
    answers = np.array(
        [
            [f"It is {truth[row] if right else truth[row] + tier + 1}" for tier, right in enumerate(own)]
            for row, own in enumerate(quality)
        ],
        dtype=object,
    )
    table = outcome_table(
        query_ids=[f"q{row}" for row in range(n)],
        tiers=("device", "small", "large"),
        quality=quality,
        cost=np.tile([0.1, 0.3, 1.0], (n, 1)),
        splits=np.repeat(list(Split), -(-n // 3))[:n].tolist(),
        tasks=np.where(features[:, 6] > 0, "easy", "hard").tolist(),
        answers=answers,
        features=[(features * 3 + 5).astype(np.float32), None, None],
        feature_names=[NAMES, (), ()],
        about={"model_revision": "sha256:0", "recipe": "onnx_int4_g32", "cost_unit": "relative"},
    )
    # What the features seen after the answer would add is averaged out by Monte Carlo.
    noise = random.normal(scale=np.sqrt(4.5), size=2000)
    return table, (1 / (1 + np.exp(-(before[:, None] + noise)))).mean(axis=1), chance
