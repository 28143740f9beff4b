"""Attacks on worlds in which it is known what they can do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.router_attacks import Figure, all_figures, category_shortcut, label_poisoning, suffix_attack
from tests.routing.outcomes import two_tiers
from tests.routing.worlds import logistic_world
from upcall.edge_runtime.errors import InputError
from upcall.routing.tables.outcome_table import Split

WORLD = logistic_world(900)[0]
PAIR = two_tiers(450)


def by_name(figures: list[Figure]) -> dict[str, float]:
    assert all(own.value.low <= own.value.value <= own.value.high for own in figures)
    return {own.name: own.value.value for own in figures}


def test_a_router_that_knows_the_task_only() -> None:
    """The device is right on one task and wrong on the other, and its features tell which task it is, and nothing else."""
    random = np.random.default_rng(0)
    is_easy = random.random(900) < 0.5
    right = random.random(900) < np.where(is_easy, 0.85, 0.15)
    features = random.normal(size=(900, 2)) + 4 * is_easy[:, None]
    table = replace(
        WORLD,
        tasks=np.where(is_easy, "easy", "hard"),
        quality=np.column_stack([right, WORLD.quality[:, 1:]]).astype(float),
        features=(features.astype(np.float32), None, None),
        feature_names=(("pre.first_entropy", "post.mean_log_prob"), (), ()),
        answers=np.full((900, 3), None, dtype=object),
    )
    own = by_name(category_shortcut(table))
    assert own["the task alone: AUROC over all"] > 0.75
    assert own["after the answer: AUROC over all"] > 0.75
    assert own["after the answer: AUROC within tasks"] == pytest.approx(0.5, abs=0.1)


def test_a_router_that_knows_more() -> None:
    own = by_name(category_shortcut(WORLD))
    assert own["before the answer: AUROC within tasks"] > 0.6
    assert own["after the answer: AUROC within tasks"] > own["before the answer: AUROC within tasks"]


def test_a_suffix_turns_a_router_on_words_and_less_one_on_answers() -> None:
    """The words of a prompt tell something of the device's chance, what goes with its answer tells nearly all."""
    random = np.random.default_rng(0)
    right = PAIR.quality[:, 0] > 0
    words = np.where(random.random(450) < np.where(right, 0.7, 0.3), "greet my neighbour", "prove this theorem")
    told = np.column_stack([random.normal(size=450), np.where(right, -0.1, -2) + random.normal(0, 0.3, 450)])
    prompts = tuple(f"{one} {place}" for place, one in enumerate(words))
    own = by_name(suffix_attack(replace(PAIR, prompts=prompts, features=(told.astype(np.float32), None)), words=3))
    before, after = (
        [own[f"{name}: share that a suffix turns {way}"] for way in ("to the cloud", "to the device")]
        for name in ("before the answer, by the prompt's words", "after the answer")
    )
    assert max(before) > 0.5
    assert max(after) < 0.3
    assert own["after the answer, the prompt's words not read: AUROC"] > own["after the answer: AUROC"] - 0.05


def test_poison_does_harm_and_clean_calibration_limits_it() -> None:
    figures = label_poisoning(WORLD, shares=(0.0, 0.4), most=0.1)
    own = by_name(figures)
    assert own["40% of labels turned, at random: AUROC"] < own["clean labels: AUROC"]
    poisoned = "40% of labels turned, wrong called right"
    harm = own[f"{poisoned}, threshold by poisoned training queries: loss of quality"]
    assert harm > 0.15
    assert own[f"{poisoned}, guarantee on clean queries: loss of quality"] < 0.13 < harm
    assert own["clean labels, guarantee on clean queries: loss of quality"] < 0.13
    assert all("was allowed; calls" in one.note for one in figures if "loss of quality" in one.name)


def test_all_that_the_columns_allow() -> None:
    assert {name for name, _ in all_figures(WORLD.with_tiers([0]))} == {"category shortcut"}
    assert {name for name, _ in all_figures(WORLD)} == {"category shortcut", "poisoned labels"}


def test_tables_that_are_refused() -> None:
    with pytest.raises(InputError, match="lacks prompts"):
        suffix_attack(WORLD)
    for attack in (category_shortcut, label_poisoning):
        with pytest.raises(InputError, match="no queries of the split calibration"):
            attack(WORLD.select(WORLD.splits != Split.CALIBRATION))
    with pytest.raises(InputError, match="one tier"):
        label_poisoning(WORLD.with_tiers([0]))
