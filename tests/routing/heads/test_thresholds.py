"""The least threshold against trying every one."""

from __future__ import annotations

import numpy as np
import pytest

from upcall.routing.heads.thresholds import between, described, least_threshold


def test_the_least_threshold_is_found() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        scores = -random.integers(1, 12, size=15).astype(float)  # with ties
        quality = random.integers(0, 3, size=15) / 2
        target = random.random()
        good = [one for one in np.unique(scores) if quality[scores >= one].mean() >= target]
        assert least_threshold(scores, quality, target_kept_accuracy=target) == (min(good) if good else 0.0)


def test_a_threshold_between_keeps_the_same() -> None:
    scores = np.array([-0.1, -0.5, -0.9])
    assert between(scores, -0.5) == pytest.approx(-0.7)
    assert between(scores, -0.9) == -0.9
    assert between(scores, 0.0) == 0.0


def test_what_a_threshold_does() -> None:
    own = described([-0.1, -0.2, -0.3, -0.4], [1, 0.5, 1, 0], -0.25)
    assert (own.question_count, own.local_accuracy) == (4, 0.625)
    assert (own.kept_share, own.kept_accuracy) == (0.5, 0.75)
    assert own.auroc == 1.0
    assert described([-1.0], [1], -0.5).kept_accuracy == 0
