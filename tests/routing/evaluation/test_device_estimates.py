"""The estimate of the device before and after its answer, where both are known to tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.routing.outcomes import two_tiers
from upcall.routing.estimates.quality_model import QualityModel
from upcall.routing.evaluation import metrics
from upcall.routing.evaluation.device_estimates import device_estimates, signal_figures
from upcall.routing.tables.outcome_table import Split


def test_the_prompt_tells_and_the_answer_tells_no_less() -> None:
    table = two_tiers(600)
    train, tuning, test = (table.split(own) for own in Split)
    found = device_estimates(QualityModel(train, tuning, seed=0), test, resamples=20, seed=0)
    assert found.before.auroc.value > 0.65  # by a feature that is one deviation apart
    assert found.after.auroc.value > max(0.8, found.before.auroc.value)
    assert found.after.ece.value < 0.15
    assert set(found.by_task) == {"easy", "hard"}
    # Within a task nothing but chance is left: the router knows the kind of prompt, and no more is to be known.
    assert all(first.low < 0.6 for first, _ in found.by_task.values())


def test_tasks_that_are_tiny_or_of_one_class_are_left_out() -> None:
    table = two_tiers(300)
    sure = replace(table, quality=np.where((table.tasks == "easy")[:, None], 1.0, table.quality))
    train, tuning, test = (sure.split(own) for own in Split)
    assert set(device_estimates(QualityModel(train, tuning, seed=0), test, resamples=5, seed=0).by_task) == {"hard"}


def test_figures_of_a_score() -> None:
    table = two_tiers(90)
    scores = np.linspace(0, 1, 90)
    own = signal_figures(scores, table, truth=table.quality[:, 0], resamples=5, seed=0)
    assert own.auroc.value == metrics.auroc(scores, table.quality[:, 0] >= 0.5)
    assert own.brier.value == pytest.approx(metrics.brier(scores, table.quality[:, 0]))
    assert own.bins is not None
    assert own.bins.counts.sum() == 90
    bare = signal_figures(scores, table, truth=None, resamples=5, seed=0)
    assert np.isnan(bare.ece.value)
    assert bare.bins is None
