"""Finds the codes that stand best for the weights of a group that share a scale: PyTorch in, PyTorch out.

Import it only where torch is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from upcall.export.quantisation.nbits import GROUP

Store = Callable[[Tensor], Tensor]
"""What of a scale is left where the codes will be read."""
_ROWS_AT_ONCE = 4096
_FACTORS = tuple(0.8 + 0.025 * step for step in range(11))
_SPANS = tuple(range(15, 7, -1))
# A group's greatest magnitude over its scale: up to 7.5 cuts nothing off, more gives the other weights finer steps.
_REACHES = (6.0, 6.5, 7.0, 7.25, 7.5, 7.75, 8.0, 8.25, 8.5, 9.0, 9.5, 10.0)
_DAMPING = 0.1


def filled_up(weight: Tensor) -> Tensor:
    """[N, K] → [N, K'], K' the next multiple of 32: columns of zeros for inputs that are 0, so that nothing is lost."""
    return nn.functional.pad(weight, (0, -weight.shape[-1] % GROUP))


def whole_zero(weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The scale and whole zero of least squared error for every group of 32.

    Eleven scales are tried, from 0.8 to 1.05 times a fifteenth of the group's range, each with the zero that centres the range;
    then the best scale is replaced by the least-squares fit to its codes.

    Args:
        weight: [N, K] float32, K a multiple of 32, G groups of 32.

    Returns:
        Codes [N, G, 32] uint8 of 0 to 15, scales [N, G] float32, zeros [N, G] uint8.
    """
    codes, scales, zeros = _by_rows(weight, _whole_zero)
    return codes, scales, zeros


def with_rest(weight: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Codes, and apart what ``(code − zero) · scale`` leaves of a minimum: 16 levels from any minimum stay what they were.

    Args:
        weight: [N, K] float32, K a multiple of 32, G groups of 32.

    Returns:
        Codes [N, G, 32] uint8 of 0 to 15, scales [N, G] float32, zeros [N, G] uint8, rests [N, G] float32: the mean of what is
        left of the 32, below half a scale.
    """
    codes, scales, zeros, rests = _by_rows(weight, _with_rest)
    return codes, scales, zeros, rests


def levels_256(weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """256 levels over each group's range, 0 being one of them.

    Args:
        weight: [N, K] float32, K a multiple of 32, G groups of 32.

    Returns:
        Codes [N, G, 32] uint8, scales [N, G] float32, zeros [N, G] uint8.
    """
    codes, scales, zeros = _by_rows(weight, _256_levels)
    return codes, scales, zeros


def _by_rows(weight: Tensor, one: Callable[[Tensor], tuple[Tensor, ...]]) -> Iterator[Tensor]:
    """Apply a function of [n, G, 32] to slices of rows and join what it gives."""
    groups = weight.reshape(len(weight), -1, GROUP)
    parts = [one(groups[start : start + _ROWS_AT_ONCE]) for start in range(0, len(weight), _ROWS_AT_ONCE)]
    return (torch.cat(column) for column in zip(*parts, strict=True))


def _whole_zero(groups: Tensor) -> tuple[Tensor, ...]:
    low, high = groups.amin(dim=-1, keepdim=True), groups.amax(dim=-1, keepdim=True)
    span = torch.where(high == low, 1.0, high - low)
    best_scale, best_error = span, torch.full_like(span, float("inf"))

    def codes_and_zeros(scale: Tensor) -> tuple[Tensor, Tensor]:
        zeros = (7.5 - (low + high) / (2 * scale)).round_().clamp_(0, 15)
        return ((groups / scale).round_() + zeros).clamp_(0, 15), zeros

    for factor in _FACTORS:
        scale = span * (factor / 15)
        codes, zeros = codes_and_zeros(scale)
        error = ((codes - zeros) * scale - groups).square_().sum(dim=-1, keepdim=True)
        better = error < best_error
        best_scale = torch.where(better, scale, best_scale)
        best_error = torch.where(better, error, best_error)
    codes, zeros = codes_and_zeros(best_scale)
    steps = codes - zeros
    power = steps.square().sum(dim=-1, keepdim=True)
    fitted = torch.where(power == 0, best_scale, (steps * groups).sum(dim=-1, keepdim=True) / power.clamp(min=1))
    return codes.to(torch.uint8), fitted.squeeze(-1), zeros.squeeze(-1).to(torch.uint8)


def _with_rest(groups: Tensor) -> tuple[Tensor, ...]:
    """The range of a group is taken as 15 steps, 14, … 8, since a group need not use both ends of its 16 levels."""
    low, high = groups.amin(dim=-1, keepdim=True), groups.amax(dim=-1, keepdim=True)
    span = torch.where(high == low, 1.0, high - low)
    best_scale, best_error = span, torch.full_like(span, float("inf"))
    for steps in _SPANS:
        scale = span / steps
        error = (((groups - low) / scale).round_() * scale + low - groups).square_().sum(dim=-1, keepdim=True)
        better = error < best_error
        best_scale = torch.where(better, scale, best_scale)
        best_error = torch.where(better, error, best_error)
    codes = ((groups - low) / best_scale).round_().clamp_(0, 15)
    zeros = (-low / best_scale).round_().clamp_(0, 15)
    rests = (groups - (codes - zeros) * best_scale).mean(dim=-1)
    return codes.to(torch.uint8), best_scale.squeeze(-1), zeros.squeeze(-1).to(torch.uint8), rests


def _256_levels(groups: Tensor) -> tuple[Tensor, ...]:
    low, high = groups.amin(dim=-1, keepdim=True).clamp(max=0), groups.amax(dim=-1, keepdim=True).clamp(min=0)
    scale = torch.where(high == low, 1.0, (high - low) / 255)
    zeros = (-low / scale).round_().clamp_(0, 255)
    codes = ((groups / scale).round_() + zeros).clamp_(0, 255)
    return codes.to(torch.uint8), scale.squeeze(-1), zeros.squeeze(-1).to(torch.uint8)


def as_they_are(scales: Tensor) -> Tensor:
    """A scale stored in float32 loses nothing."""
    return scales


def best_scales(groups: Tensor, importance: Tensor, *, store: Store) -> Tensor:
    """[…, g] float32 and [g] → […, 1]: of a dozen positive scales as stored, the one of least squared error, weighted."""
    greatest = groups.abs().amax(-1, keepdim=True)
    best = torch.ones_like(greatest)
    least = torch.full_like(greatest, float("inf"))
    for reach in _REACHES:
        scales = store(torch.where(greatest == 0, 1, greatest / reach))
        errors = ((codes_of(groups, scales) * scales - groups).square() * importance).sum(-1, keepdim=True)
        best = torch.where(errors < least, scales, best)
        least = torch.minimum(errors, least)
    return best


def codes_of(values: Tensor, scales: Tensor) -> Tensor:
    """The nearest codes, −8 to 7, as float32."""
    return (values / scales).round().clamp(-8, 7)


def nearest(weight: Tensor, *, group: int, store: Store) -> tuple[Tensor, Tensor]:
    """[N, K] float32 → codes [N, K] int8, −8 to 7 with no zero, and scales [N, K/group] float32, every group for itself."""
    even = torch.ones(group)
    parts = []
    for start in range(0, len(weight), _ROWS_AT_ONCE):
        groups = weight[start : start + _ROWS_AT_ONCE].reshape(-1, weight.shape[1] // group, group)
        scales = best_scales(groups, even, store=store)
        parts.append((codes_of(groups, scales).flatten(1).to(torch.int8), scales.squeeze(-1)))
    return torch.cat([codes for codes, _ in parts]), torch.cat([scales for _, scales in parts])


def with_feedback(weight: Tensor, products: Tensor, *, group: int, store: Store = as_they_are) -> tuple[Tensor, Tensor]:
    """Codes one column after the other, each column's error made up for by those that follow.

    Args:
        weight: [N, K] float32.
        products: [K, K], the sum of x·xᵀ over inputs x of the matrix.
        group: columns that share a scale; divides K.
        store: see ``Store``.

    Returns:
        Codes [N, K] int8, −8 to 7 with no zero, and scales [N, K/group] float32.

    Source: Frantar et al. 2022 (2210.17323), damped more, as the inputs are few.
    """
    rows, columns = weight.shape
    products = products.double()
    damped = products + torch.eye(columns) * (_DAMPING * products.diagonal().mean().clamp(min=1e-6))
    spread = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(damped)), upper=True).float()
    importance = damped.diagonal().float()
    rest = weight.T.clone(memory_format=torch.contiguous_format)  # a column lies in one piece, and many are read
    codes, scales = torch.empty(columns, rows, dtype=torch.int8), torch.empty(columns // group, rows)
    for start in range(0, columns, group):
        stop = start + group
        scale = best_scales(rest[start:stop].T.contiguous(), importance[start:stop], store=store)[:, 0]
        errors = torch.empty(group, rows)
        for column in range(start, stop):
            code = codes_of(rest[column], scale)
            error = (rest[column] - code * scale) / spread[column, column]
            rest[column + 1 : stop] -= torch.outer(spread[column, column + 1 : stop], error)
            codes[column], errors[column - start] = code, error
        rest[stop:] -= spread[start:stop, stop:].T @ errors
        scales[start // group] = scale
    return codes.T.contiguous(), scales.T.contiguous()


@contextmanager
def products_after(norm: nn.Module, *, size: int) -> Iterator[Tensor]:
    """[D, D]: the sum of x·xᵀ over every token's output x [D] of the final norm, while the block runs models that it is in.

    What a head is given: the norm's output of every token, also where the head itself sees only the last ones.
    """
    products = torch.zeros(size, size)

    def add(_: nn.Module, __: tuple[Tensor, ...], normal: Tensor) -> None:
        products.add_(normal[0].T @ normal[0])

    hook = norm.register_forward_hook(add)
    try:
        yield products
    finally:
        hook.remove()
