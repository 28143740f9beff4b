from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conformance.refusals import refused
from upcall.edge_runtime.conversation import SamplingOptions
from upcall.edge_runtime.language_model.sampling import Sampler, SplitMix64

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/sampling.json").read_text())


@pytest.mark.parametrize("case", SUITE["splitmix64"], ids=lambda case: f"seed {case['seed']}")
def test_splitmix64(case: dict[str, Any]) -> None:
    generator = SplitMix64(case["seed"])
    assert [generator.uniform() for _ in case["raw_hex"]] == [(int(raw, 16) >> 11) / 2**53 for raw in case["raw_hex"]]


@pytest.mark.parametrize("case", SUITE["choose"], ids=lambda case: case["name"])
def test_choose(case: dict[str, Any]) -> None:
    sampler = Sampler(SamplingOptions(**case["options"]))
    logits = np.array(case["logits"], dtype=np.float32)
    assert [sampler.choose(logits, seen=case["seen"]) for _ in case["expect"]] == case["expect"]
    assert logits.tolist() == case["logits"], "the engine's array was written to"


@pytest.mark.parametrize("case", SUITE["refuse"], ids=lambda case: case["name"])
def test_refuse(case: dict[str, Any]) -> None:
    with refused(case["error"]):
        SamplingOptions(**case["options"])
