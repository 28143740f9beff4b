from __future__ import annotations

import numpy as np
import pytest

from upcall.edge_runtime.decision.features import AnswerFeatures, token_statistics
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.language_model.engine import Step
from upcall.edge_runtime.language_model.sampling import log_softmax


def test_statistics_are_those_of_the_distribution() -> None:
    logits = np.random.default_rng(0).normal(size=49152).astype(np.float32) * 5
    wanted = log_softmax(logits)
    ranked = np.sort(wanted)
    for token in (7, int(logits.argmax())):
        found = token_statistics(logits, token)
        assert found.log_prob == pytest.approx(wanted[token], abs=1e-5)
        assert found.entropy == pytest.approx(-(np.exp(wanted) * wanted).sum(), abs=1e-4)
        assert found.margin == pytest.approx(ranked[-1] - ranked[-2], abs=1e-5)


def test_an_engine_may_reuse_its_arrays() -> None:
    state = np.zeros(2, dtype=np.float32)
    step = Step(np.array([[1, 2]], dtype=np.float32), state, state)
    answer = AnswerFeatures()
    answer.add(step, 0)
    state += 5
    answer.add(step, 1)
    state += 100
    np.testing.assert_array_equal(answer.post(is_complete=True)[-8:], [2.5, 2.5, 5, 5, 2.5, 2.5, 5, 5])


def test_no_answer_has_no_features() -> None:
    with pytest.raises(InputError, match="without tokens"):
        AnswerFeatures().post(is_complete=True)
