"""The fakes are as strict as the real parts."""

from __future__ import annotations

import pytest

from upcall.edge_runtime.testing import ScriptedEngine


@pytest.mark.parametrize("probability", [0.0, -1.0, 1.1, 1 / 258])
def test_scripted_probability_must_make_the_token_the_likeliest(probability: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        ScriptedEngine(lambda _: (1, probability)).forward([1])


def test_scripted_probability_is_met() -> None:
    import numpy as np

    from upcall.edge_runtime.language_model.sampling import log_softmax

    logits = ScriptedEngine(lambda _: (7, 0.25)).forward([1]).logits
    assert np.exp(log_softmax(logits)[7]) == pytest.approx(0.25, abs=1e-6)
