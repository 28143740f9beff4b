"""Prices between the first ones are paired with what they themselves spend."""

from __future__ import annotations

import numpy as np
import pytest

from upcall.routing.bases.estimated import spread


@pytest.mark.parametrize("scale", [1.0, 25.0])
def test_spends_lie_about_evenly(scale: float) -> None:
    costs = np.array([1.0, 11.0]) * scale
    asked: list[float] = []

    def spend(price: float) -> float:
        asked.append(price)
        return float(costs[0] + (costs[1] - costs[0]) / (1 + price * 10 * scale))

    prices = spread(spend, costs)
    assert len(asked) == len(set(asked))
    assert set(prices.tolist()) <= set(asked)
    spends = np.array([spend(float(price)) for price in prices])
    assert (np.diff(spends) > 0).all()
    assert np.diff(spends).max() < 0.2 * (costs[1] - costs[0])
