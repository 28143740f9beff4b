from __future__ import annotations

import numpy as np
import pytest

from upcall.edge_runtime.errors import InputError
from upcall.routing.privacy_metrics import leaked, privacy_figures

WAYS = np.array(["local", "send", "mask_send", "mask_send", "send"])
PRIVATE, DETECTED = np.array([3, 4, 5, 2, 0]), np.array([3, 1, 3, 2, 0])


def test_five_rows_by_hand() -> None:
    np.testing.assert_array_equal(leaked(WAYS, PRIVATE, DETECTED), [0, 4, 2, 0, 0])
    figures = privacy_figures(WAYS, quality=np.array([0.0, 1.0, 0.5, 1.0, 1.0]), private=PRIVATE, detected=DETECTED)
    assert figures.call_rate == 4 / 5
    assert figures.safe_call_rate == 2 / 4
    assert figures.leakage == 6 / 5
    assert figures.quality == pytest.approx(0.7)


def test_nothing_sent_has_no_safe_calls() -> None:
    figures = privacy_figures(np.array(["local"] * 5), quality=np.ones(5), private=PRIVATE, detected=DETECTED)
    assert (figures.call_rate, figures.leakage) == (0, 0)
    assert np.isnan(figures.safe_call_rate)


def test_counts_that_cannot_be_are_refused() -> None:
    for private, detected in ((PRIVATE - 1, DETECTED), (PRIVATE, DETECTED - 1), (DETECTED, PRIVATE)):
        with pytest.raises(InputError):
            leaked(WAYS, private, detected)
    with pytest.raises(InputError, match="no query"):
        privacy_figures(WAYS[:0], quality=np.ones(0), private=PRIVATE[:0], detected=DETECTED[:0])
