"""Labels of Hybrid LLM against brute force, and the routers on a table whose truth is known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.routing.outcomes import two_tiers
from upcall.edge_runtime.errors import InputError
from upcall.routing.evaluation.metrics import auroc
from upcall.routing.methods.hybrid import Hybrid, Labels, best_relaxation, gaps, mean_absolute_difference, soft_labels
from upcall.routing.tables.outcome_table import Split


def test_soft_labels_of_ten_by_ten_answers_by_brute_force() -> None:
    random = np.random.default_rng(0)
    small, large = random.integers(4, size=(20, 10)) / 3, random.integers(4, size=(20, 10)) / 3
    for relaxation in (0.0, 1 / 3, 0.5):
        brute = [
            np.mean([s - b >= -relaxation - 1e-9 for s in ours for b in theirs])
            for ours, theirs in zip(small, large, strict=True)
        ]
        np.testing.assert_allclose(soft_labels(gaps(small, large), relaxation=relaxation), brute)


def test_labels_rise_with_the_relaxation() -> None:
    random = np.random.default_rng(1)
    gap = gaps(random.random((30, 5)), random.random((30, 5)))
    labels = [soft_labels(gap, relaxation=one) for one in np.linspace(-1, 1, 21)]
    assert all((after >= before).all() for before, after in itertools.pairwise(labels))
    assert labels[0].max() == 0
    assert labels[-1].min() == 1


def test_the_fast_objective_is_the_mean_over_all_pairs() -> None:
    random = np.random.default_rng(2)
    for n in (1, 2, 7, 50):
        labels = random.random(n)
        assert mean_absolute_difference(labels) == pytest.approx(
            np.abs(labels[:, None] - labels[None]).mean(), abs=1e-12
        )


@pytest.mark.parametrize("n", [5, 51, 201])
def test_with_one_answer_each_the_relaxation_is_minus_the_median(n: int) -> None:
    gap = np.random.default_rng(n).normal(-0.3, 0.2, size=(n, 1))
    assert best_relaxation(gap) == pytest.approx(-np.median(gap))


def test_the_relaxation_is_the_best_of_a_fine_grid() -> None:
    random = np.random.default_rng(3)
    gap = gaps(random.beta(2, 4, size=(40, 4)), random.beta(4, 2, size=(40, 4)))
    own = mean_absolute_difference(soft_labels(gap, relaxation=best_relaxation(gap)))
    assert (
        own
        >= max(mean_absolute_difference(soft_labels(gap, relaxation=one)) for one in np.linspace(-1, 1, 400)) - 0.002
    )


@pytest.mark.parametrize("labels", list(Labels))
def test_a_router_tells_easy_from_hard(labels: Labels) -> None:
    table = two_tiers()
    train, calibration, test = (table.split(own) for own in Split)
    method = Hybrid(labels)
    method.fit(train, calibration, seed=0)
    assert auroc(method.scores(test), test.tasks == "easy") > 0.95
    thresholds = method.settings()
    assert (np.diff(thresholds) > 0).all()
    shares = [method.decide(test, float(one)).calls().mean() for one in thresholds]
    assert shares[0] == 0
    assert shares[-1] > 0.9
    assert (np.diff(shares) >= 0).all()
    half = method.decide(test, float(np.median(thresholds[1:])))
    assert half.quality(test).mean() > test.quality.mean(axis=0)[0] + 0.3
    why = method.explain(test, 3, float(thresholds[5]))
    own = method.decide(test, float(thresholds[5]))
    assert why.chosen == test.tiers[own.chosen[3]]
    assert f"score of hybrid_{labels}" in why.steps[0]


def test_several_answers_of_a_query_soften_its_label() -> None:
    train = two_tiers(30).split(Split.TRAIN)
    samples = {query: (np.array([0.0, 1.0]), np.array([1.0, 1.0])) for query in train.query_ids}
    method = Hybrid(Labels.PROBABILISTIC, samples=samples)
    method.fit(train, train, seed=0)
    np.testing.assert_allclose(method.scores(train), 0.5, atol=0.01)
    odd = {train.query_ids[0]: (np.array([0.0, 1.0]), np.array([1.0]))}
    with pytest.raises(InputError, match="1 to 2 pairs"):
        Hybrid(Labels.TRANSFORMED, samples=odd).fit(train, train, seed=0)


def test_one_class_only_and_one_tier_only() -> None:
    table = two_tiers(30)
    train = table.split(Split.TRAIN)
    method = Hybrid(Labels.DETERMINISTIC)
    method.fit(train.with_tiers([1, 1]), train, seed=0)
    assert (method.scores(train) > 0.9).all()
    with pytest.raises(InputError, match="one tier"):
        method.fit(train.with_tiers([0]), train, seed=0)
