"""Codes of 4 bits, and what they lose."""

from __future__ import annotations

import torch
from torch import Tensor

from upcall.export.formats.program.summed import as_xnnpack
from upcall.export.quantisation.lattice import as_they_are, nearest, with_feedback

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
