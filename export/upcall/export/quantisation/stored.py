"""The matrices of a decoder in 4 or 8 bits, groups of 32 along the input with a float32 scale each.

Import it only where torch is installed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from upcall.export.quantisation.lattice import filled_up, levels_256, whole_zero, with_feedback, with_rest
from upcall.export.quantisation.nbits import GROUP, Quantised, packed
from upcall.export.sources.model import Array


def stored(weights: Mapping[str, Array], *, bits: int, products: Array | None = None) -> dict[str, Array | Quantised]:
    """The weights of a decoder as a recipe keeps them; vectors stay float32.

    Args:
        weights: by name, matrices [out, in].
        bits: 4, 8 or 32, which changes nothing.
        products: [D, D], the sum of x·xᵀ over inputs x of the head, for 4 bits: what its rounding is best for. A head that is
            the embedding too is rounded for the head; to look its rows up the loss was nil either way.
    """
    result: dict[str, Array | Quantised] = {}
    head = "head" if "head" in weights else "embedding"
    for name, weight in weights.items():
        if weight.ndim == 1 or bits == 32:
            result[name] = weight
        elif bits == 8:
            result[name] = quantise_8(weight)
        elif name == head and products is not None:
            result[name] = quantise_for(weight, products)
        else:
            result[name] = quantise(weight) if name in ("embedding", "head") else quantise_with_sums(weight)
    return result


def quantise(weight: Array) -> Quantised:
    """Scale and whole zero of least squared error for every group: see ``whole_zero``.

    Args:
        weight: [N, K] float32.
    """
    codes, scales, zeros = (part.numpy() for part in whole_zero(_tensor(weight)))
    return Quantised(codes=packed(codes), scales=scales, zeros=zeros, inputs=weight.shape[1])


def quantise_8(weight: Array) -> Quantised:
    """8 bits: see ``levels_256``.

    Args:
        weight: [N, K] float32.
    """
    codes, scales, zeros = (part.numpy() for part in levels_256(_tensor(weight)))
    return Quantised(codes=codes, scales=scales, zeros=zeros, inputs=weight.shape[1], bits=8)


def quantise_for(weight: Array, products: Array) -> Quantised:
    """Codes for given inputs, zeros in the middle: each column's error is made up for by those that follow.

    Args:
        weight: [N, K] float32.
        products: [K, K], the sum of x·xᵀ over inputs x.

    Source: see :func:`upcall.export.quantisation.lattice.with_feedback`.
    """
    rows, columns = weight.shape
    filling = -columns % GROUP
    wide = torch.nn.functional.pad(torch.from_numpy(products), (0, filling, 0, filling))
    codes, scales = with_feedback(_tensor(weight), wide, group=GROUP)
    unsigned = (codes + 8).to(torch.uint8).numpy().reshape(rows, -1, GROUP)
    zeros = np.full(scales.shape, 8, dtype=np.uint8)
    return Quantised(codes=packed(unsigned), scales=scales.numpy(), zeros=zeros, inputs=columns)


def quantise_with_sums(weight: Array) -> Quantised:
    """Codes without the error of a whole-numbered zero: Q4_1 weights, 16 levels from any minimum, stay what they were.

    A group is ``(code − zero) · scale + rest``. The rest, the same for 32 weights, is below half a scale; it multiplies the sum
    of the group's inputs. So the graph appends these sums to the inputs, and the rests, in 4 bits again, to the columns.

    Args:
        weight: [N, K] float32.

    Returns:
        A matrix with ⌈K/32⌉ sums.

    Departure: whole zeros alone are usual, and raised the perplexity of a Q4_1 model by a fifth.
    """
    codes, scales, zeros, rests = with_rest(_tensor(weight))
    of_rests = whole_zero(filled_up(rests))
    parts = [torch.cat(pair, dim=1).numpy() for pair in zip((codes, scales, zeros), of_rests, strict=True)]
    return Quantised(packed(parts[0]), parts[1], parts[2], inputs=weight.shape[1], sums=rests.shape[1])


def _tensor(weight: Array) -> torch.Tensor:
    return filled_up(torch.from_numpy(weight))
