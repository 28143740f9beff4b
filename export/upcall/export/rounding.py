"""Which 4-bit codes, −8 to 7 in groups with one scale each and no zero, stand best for a matrix.

Import it only where torch is installed.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from upcall.export.quantise import GROUP, quantise_with_sums

Store = Callable[[Tensor], Tensor]
_ROWS_AT_ONCE = 4096
# A group's greatest magnitude over its scale: up to 7.5 cuts nothing off, more gives the other weights finer steps.
_REACHES = (6.0, 6.5, 7.0, 7.25, 7.5, 7.75, 8.0, 8.25, 8.5, 9.0, 9.5, 10.0)
_DAMPING = 0.1
_FULL_COLUMNS = 1.5  # at least half of the sums have a second column
_SUM_FACTOR = 0.5
_FINE = 1 / 16


def as_they_are(scales: Tensor) -> Tensor:
    """Nothing of a scale is lost where it is stored in float32."""
    return scales


def as_xnnpack(scales: Tensor) -> Tensor:
    """XNNPACK keeps scales as bfloat16; so does PyTorch then, and both compute with the same."""
    return scales.to(torch.bfloat16).float()


def column_factors(weight: Tensor) -> Tensor:
    """[V, D] → [D]: by what to divide the columns so that groups can be wide: the root of each one's root mean square.

    The other side is multiplied by the same: the rows of an embedding, the inputs of a head. Source: Xiao et al. 2022
    (2211.10438), with the columns of a weight in place of the channels of an activation.
    """
    factors = weight.square().mean(0).pow(0.25)
    return torch.where(factors == 0, 1, factors)


def best_scales(groups: Tensor, importance: Tensor, *, store: Store) -> Tensor:
    """[…, g] float32 and [g] → […, 1]: of a dozen positive scales, as they are stored, that of least squared error, weighted."""
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
    """The nearest codes, as float32."""
    return (values / scales).round().clamp(-8, 7)


def with_feedback(weight: Tensor, products: Tensor, *, group: int, store: Store = as_they_are) -> tuple[Tensor, Tensor]:
    """Codes one column after the other, each column's error made up for by those that follow.

    Args:
        weight: [N, K] float32.
        products: [K, K], the sum of x·xᵀ over inputs x of the matrix.
        group: columns that share a scale; divides K.
        store: what of a scale is left where the codes will be read.

    Returns:
        Codes [N, K] int8 and scales [N, K/group] float32.

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


def nearest(weight: Tensor, *, group: int, store: Store) -> tuple[Tensor, Tensor]:
    """[N, K] float32 → codes [N, K] int8 and scales [N, K/group] float32, every group for itself."""
    even = torch.ones(group)
    parts = []
    for start in range(0, len(weight), _ROWS_AT_ONCE):
        groups = weight[start : start + _ROWS_AT_ONCE].reshape(-1, weight.shape[1] // group, group)
        scales = best_scales(groups, even, store=store)
        parts.append((codes_of(groups, scales).flatten(1).to(torch.int8), scales.squeeze(-1)))
    return torch.cat([codes for codes, _ in parts]), torch.cat([scales for _, scales in parts])


def sum_columns(sum_squares: Tensor) -> Tensor:
    """Which multiples of the sums of G groups of inputs are appended to the inputs.

    All at half their size, about as large as the inputs, with which they share an int8 scale a token. Then a second time, at a
    sixteenth of that, as many as fit, the greatest preferred: their coefficients hold what those of the first lose in 4 bits.

    Args:
        sum_squares: [G], of the sums, over some inputs.

    Returns:
        [C, G], C a multiple of 32, at least 1.5 · G; rows of zeros fill it up.
    """
    groups = len(sum_squares)
    columns = -(-int(_FULL_COLUMNS * groups) // GROUP) * GROUP
    fine = (
        sum_squares.argsort(descending=True)[: columns - groups].sort().values
    )  # all alike where all fit: stored once
    mixture = torch.zeros(columns, groups)
    mixture[:groups] = torch.eye(groups) * _SUM_FACTOR
    mixture[torch.arange(groups, groups + len(fine)), fine] = _SUM_FACTOR * _FINE
    return mixture


def with_sums(weight: Tensor, mixture: Tensor) -> tuple[Tensor, Tensor]:
    """Codes of the weights, and of what each group has beyond ``code · scale``, which multiplies the sum of its inputs.

    Q4_1 weights, 16 levels from any minimum, stay what they were.

    Args:
        weight: [N, K] float32.
        mixture: [C, K/32], from ``sum_columns``.

    Returns:
        Codes [N, K + C] int8 and scales [N, (K + C)/32] float32.
    """
    rows, groups = weight.shape[0], weight.shape[1] // GROUP
    stored = quantise_with_sums(weight.numpy())
    packed = torch.from_numpy(stored.codes[:, :groups])
    codes = torch.stack([packed & 15, packed >> 4], dim=-1).flatten(2).to(torch.int8) - 8
    scales = as_xnnpack(torch.from_numpy(stored.scales[:, :groups]))
    rests = (weight.reshape(rows, groups, GROUP) - codes * scales[:, :, None]).mean(-1)
    greatest = rests.abs().amax(1, keepdim=True)
    rest_scale = as_xnnpack(torch.where(greatest == 0, 1, greatest / (7.5 * _SUM_FACTOR)))
    rest_codes = torch.zeros(rows, len(mixture))
    rest_codes[:, :groups] = codes_of(rests / _SUM_FACTOR, rest_scale)
    left = rests - rest_codes[:, :groups] * rest_scale * _SUM_FACTOR
    factors, at = mixture[groups:].max(1)
    fine = codes_of(left[:, at] / torch.where(factors == 0, 1, factors), rest_scale)
    rest_codes[:, groups:] = torch.where(factors == 0, 0, fine)
    all_codes = torch.cat([codes.flatten(1), rest_codes.to(torch.int8)], dim=1)
    return all_codes, torch.cat([scales, rest_scale.expand(-1, len(mixture) // GROUP)], dim=1)
