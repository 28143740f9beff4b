"""Linear operators of 4 bits for XNNPACK, which has no zeros: what a group has beyond its codes multiplies its inputs' sum.

XNNPACK multiplies ``code · scale``, codes −8 to 7. Weights in groups of 32 with minima of their own lose much that way. So the
inputs x [K] get the sums of their groups appended, and the matrix W the factors of these sums as columns::

    x  = [x₁ … x₃₂ | x₃₃ … x₆₄ | …  | ½Σ₁  ½Σ₂ … | ½Σ₁/16 … ]      Σᵢ the sum of group i
    W' = [codes·s₁ | codes·s₂  | …  | r₁   r₂  … | what r₁ lost in 4 bits … ]

Import it only where torch is installed.
"""

from __future__ import annotations

import torch
from torch import Tensor

from upcall.export.quantisation.lattice import codes_of, with_rest
from upcall.export.quantisation.nbits import GROUP

_FULL_COLUMNS = 1.5  # at least half of the sums have a second column
_SUM_FACTOR = 0.5
_FINE = 1 / 16


def as_xnnpack(scales: Tensor) -> Tensor:
    """Scales in bfloat16, as XNNPACK keeps them; so does PyTorch then, and both compute with the same."""
    return scales.to(torch.bfloat16).float()


def column_factors(weight: Tensor) -> Tensor:
    """[V, D] → [D]: by what to divide the columns so that groups can be wide: the root of each one's root mean square.

    The other side is multiplied by the same: the rows of an embedding, the inputs of a head. Source: Xiao et al. 2022
    (2211.10438), with the columns of a weight in place of the channels of an activation.
    """
    factors = weight.square().mean(0).pow(0.25)
    return torch.where(factors == 0, 1, factors)


def sum_columns(sum_squares: Tensor) -> Tensor:
    """The multiples of the sums of G groups of inputs that are appended to the inputs.

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
    unsigned, exact, _, _ = with_rest(weight)
    codes = unsigned.to(torch.int8) - 8
    scales = as_xnnpack(exact)
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
