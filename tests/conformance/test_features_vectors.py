from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from upcall.edge_runtime.decision.features import (
    STATISTICS,
    AnswerFeatures,
    feature_count,
    pre_features,
    token_statistics,
)
from upcall.edge_runtime.language_model.engine import RouterStage, Step

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/features.json").read_text())
HIDDEN = 2


def step(given: dict[str, Any]) -> Step:
    last, mid = (np.array(given[name], dtype=np.float32) for name in ("hidden_last", "hidden_mid"))
    return Step(np.array([given["logits"]], dtype=np.float32), hidden_last=last, hidden_mid=mid)


def test_names_and_order() -> None:
    assert {stage: list(names) for stage, names in STATISTICS.items()} == SUITE["statistics"]


@pytest.mark.parametrize("case", SUITE["token"], ids=lambda case: case["name"])
def test_token(case: dict[str, Any]) -> None:
    found = token_statistics(np.array(case["logits"], dtype=np.float32), case["token"])
    for name, value in case["expect"].items():
        assert getattr(found, name) == pytest.approx(value, abs=SUITE["tolerance"]), name


@pytest.mark.parametrize("case", SUITE["pre"], ids=lambda case: case["name"])
def test_pre(case: dict[str, Any]) -> None:
    found = pre_features(step(case["step"]), input_tokens=case["input_tokens"])
    assert found.shape == (feature_count(RouterStage.PRE, hidden_size=HIDDEN),)
    np.testing.assert_allclose(found, case["expect"], atol=SUITE["tolerance"])


@pytest.mark.parametrize("case", SUITE["post"], ids=lambda case: case["name"])
def test_post(case: dict[str, Any]) -> None:
    answer = AnswerFeatures()
    for given in case["steps"]:
        answer.add(step(given), given["token"])
    found = answer.post(is_complete=case["is_complete"])
    assert found.shape == (feature_count(RouterStage.POST, hidden_size=HIDDEN),)
    np.testing.assert_allclose(found, case["expect"], atol=SUITE["tolerance"])
