"""Blocks of hidden states are reduced, statistics standardised."""

from __future__ import annotations

import numpy as np
import pytest

from upcall.edge_runtime.errors import InputError
from upcall.routing.signals.projection import Projection

NAMES = ["post.mean_log_prob", "post.is_complete", *(f"post.hidden_mid_{place}" for place in range(12))]


def features(n: int = 200) -> np.ndarray:
    random = np.random.default_rng(0)
    states = random.normal(size=(n, 2)) @ random.normal(size=(2, 12)) * 5 + 7  # two directions, and nothing else
    return np.column_stack([random.normal(3, 2, n), np.ones(n), states]).astype(np.float32)


def test_statistics_are_standardised_and_what_never_varies_counts_for_nothing() -> None:
    projected = Projection().fit(features(), NAMES).transform(features())
    assert projected[:, 0].mean() == pytest.approx(0, abs=1e-5)
    assert projected[:, 0].std() == pytest.approx(1, abs=1e-5)
    assert not projected[:, 1].any()


def test_a_block_keeps_the_directions_in_which_it_varies() -> None:
    projected = Projection(components=4).fit(features(), NAMES).transform(features())
    assert projected.shape == (200, 2 + 4)
    deviations = projected[:, 2:].std(axis=0)
    assert deviations[0] == pytest.approx(1, abs=1e-3)
    assert 0.1 < deviations[1] <= 1
    assert deviations[2:] == pytest.approx(0, abs=1e-3)


def test_other_features_than_in_training_are_refused() -> None:
    projection = Projection().fit(features(), NAMES)
    with pytest.raises(InputError, match=r"13 features(.|\n)*14, as in training"):
        projection.transform(features()[:, 1:])


def test_few_features_of_a_name_are_no_block() -> None:
    names = [f"logit_{place}" for place in range(3)]
    assert Projection(components=1).fit(features()[:, 2:5], names).transform(features()[:, 2:5]).shape == (200, 3)
