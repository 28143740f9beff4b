from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.language_model.sampling import log_probability, log_softmax


@given(st.lists(st.floats(-80, 80, width=32), min_size=1, max_size=50), st.data())
def test_log_probability_is_log_softmax_of_one(values: list[float], data: st.DataObject) -> None:
    logits = np.array(values, dtype=np.float32)
    token = data.draw(st.integers(0, len(values) - 1))
    assert log_probability(logits, token) == pytest.approx(log_softmax(logits)[token], abs=2e-5)
    assert log_probability(logits, token) <= 0


def test_of_a_whole_vocabulary() -> None:
    logits = np.random.default_rng(0).normal(scale=4, size=49_152).astype(np.float32)
    assert log_probability(logits, 7) == pytest.approx(log_softmax(logits)[7], abs=1e-6)
