"""Codes of 4 bits, and what they lose."""

from __future__ import annotations

import torch
from torch import Tensor

from upcall.export.rounding import (
    as_they_are,
    as_xnnpack,
    column_factors,
    nearest,
    sum_columns,
    with_feedback,
    with_sums,
)

RANDOM = torch.Generator().manual_seed(0)


def value(codes: Tensor, scales: Tensor) -> Tensor:
    group = codes.shape[1] // scales.shape[1]
    return codes * scales.repeat_interleave(group, dim=1)


def test_codes_are_the_nearest_of_sixteen() -> None:
    weight = torch.randn(70, 64, generator=RANDOM)
    codes, scales = nearest(weight, group=32, store=as_they_are)
    assert codes.dtype == torch.int8
    assert scales.shape == (70, 2)
    assert (int(codes.min()), int(codes.max())) == (-8, 7)
    step = scales.repeat_interleave(32, dim=1)
    inside = (weight > -8.5 * step) & (weight < 7.5 * step)
    assert bool(((value(codes, scales) - weight).abs()[inside] <= step[inside] / 2 * 1.001).all())
    assert float((value(codes, scales) - weight).square().mean()) < 0.01


def test_what_lies_on_the_lattice_stays() -> None:
    codes = torch.randint(-7, 8, (40, 64), generator=RANDOM)
    codes[:, ::32] = 7
    weight = codes * 0.25
    torch.testing.assert_close(value(*nearest(weight, group=32, store=as_they_are)), weight)


def test_feedback_makes_up_for_errors_where_inputs_go_together() -> None:
    inputs = torch.randn(500, 8, generator=RANDOM) @ torch.randn(8, 64, generator=RANDOM)
    inputs += 0.1 * torch.randn(500, 64, generator=RANDOM)
    weight = torch.randn(48, 64, generator=RANDOM)

    def loss(codes: Tensor, scales: Tensor) -> float:
        return float((inputs @ (value(codes, scales) - weight).T).square().mean())

    assert loss(*with_feedback(weight, inputs.T @ inputs, group=32)) < 0.5 * loss(
        *nearest(weight, group=32, store=as_they_are)
    )


def test_only_what_is_stored_as_bfloat16_is_rounded_to_it() -> None:
    weight, products = torch.randn(48, 64, generator=RANDOM), torch.eye(64)

    def loss(codes: Tensor, scales: Tensor) -> float:
        return float((value(codes, scales) - weight).square().mean())

    kept, cut = (with_feedback(weight, products, group=32, **given) for given in ({}, {"store": as_xnnpack}))
    assert bool((cut[1] == as_xnnpack(cut[1])).all())
    assert bool((kept[1] != as_xnnpack(kept[1])).any())
    assert loss(*kept) < loss(*cut)


def test_feedback_stands_inputs_that_are_never_there() -> None:
    codes, scales = with_feedback(torch.ones(4, 32), torch.zeros(32, 32), group=32)
    assert bool(torch.isfinite(scales).all())
    torch.testing.assert_close(value(codes, scales), torch.ones(4, 32), atol=0.1, rtol=0)


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
