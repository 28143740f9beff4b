"""Quantiles as the values of a knob."""

from __future__ import annotations

import numpy as np

from upcall.routing.estimates.grid import COUNT, quantile_grid


def test_a_grid_rises_from_the_least_to_the_greatest() -> None:
    values = np.random.default_rng(0).normal(size=500)
    for method in ("linear", "lower", "higher"):
        grid = quantile_grid(values, method=method)
        assert len(grid) == COUNT
        assert (np.diff(grid) > 0).all()
        assert (grid[0], grid[-1]) == (values.min(), values.max())
    assert set(quantile_grid(values, method="lower")) <= set(values)
    assert quantile_grid(np.array([1.0, 1.0])).tolist() == [1.0]
