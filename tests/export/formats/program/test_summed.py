"""Sums of inputs that stand for what XNNPACK's codes have no zero for."""

from __future__ import annotations

import torch

from tests.export.quantisation.test_lattice import value
from upcall.export.formats.program.summed import column_factors, sum_columns, with_sums

RANDOM = torch.Generator().manual_seed(0)


def test_sums_are_appended_once_and_the_greatest_twice() -> None:
    mixture = sum_columns(torch.arange(18.0))
    assert mixture.shape == (32, 18)
    assert bool(((mixture != 0).sum(1) <= 1).all())
    assert (mixture != 0).sum(0).tolist() == [1] * 4 + [2] * 14


def test_weights_with_minima_stay_what_they_were() -> None:
    levels = torch.randint(0, 16, (24, 18, 32), generator=RANDOM).float()
    levels[..., 0], levels[..., 1] = 0, 15
    scale = torch.rand(24, 18, 1, generator=RANDOM) * 0.1 + 0.05
    weight = ((levels - 7 - 2 * torch.rand(24, 18, 1, generator=RANDOM)) * scale).flatten(1)
    mixture = sum_columns(torch.ones(18))
    codes, scales = with_sums(weight, mixture)
    wide = value(codes, scales)
    found = wide[:, :576] + (wide[:, 576:] @ mixture).repeat_interleave(32, dim=1)
    assert float((found - weight).square().mean().sqrt()) < 0.05 * float(scale.mean())


def test_factors_even_out_columns() -> None:
    weight = torch.randn(200, 32, generator=RANDOM) * torch.logspace(-2, 2, 32)
    weight[:, 5] = 0
    sizes = (weight / column_factors(weight)).square().mean(0).sqrt()
    kept = torch.cat([sizes[:5], sizes[6:]])
    assert float(kept.max() / kept.min()) < 150
    assert float(weight[:, :5].square().mean(0).sqrt().max()) < 1
