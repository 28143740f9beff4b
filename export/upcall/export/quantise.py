"""Weights to 4 or 8 bits: groups of 32 along the input with a float32 scale each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.errors import ModelError, require
from upcall.edge_runtime.language_model.chat_template import ChatTemplate, Piece
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.export.source import Array

GROUP = 32
_FACTORS = tuple(0.8 + 0.025 * step for step in range(11))
_SPANS = tuple(range(15, 7, -1))
_ROWS_AT_ONCE = 4096


def rounding_samples(template: ChatTemplate, tokenizer: Tokenizer) -> list[list[int]]:
    """Token ids of the conversations on which the rounding to 4 bits is tuned: each a question and its answer."""
    file = Path(__file__).parent / "calibration" / "rounding-v1.json"
    return [
        tokenizer.encode((*template.render([Message(Role.USER, question)]), Piece(answer, is_template=False)))
        for question, answer in json.loads(file.read_text(encoding="utf-8"))
    ]


def stored(weights: Mapping[str, Array], *, bits: int, products: Array | None = None) -> dict[str, Array | Quantised]:
    """The weights of a decoder as a recipe keeps them; vectors stay float32.

    Args:
        weights: by name, matrices [out, in].
        bits: 4, 8 or 32, which changes nothing.
        products: [D, D], the sum of x·xᵀ over inputs x of the head, for 4 bits: what its rounding is best for. A head that is
            the embedding too is rounded for the head; to look its rows up the loss was nil either way.

    Raises:
        ModelError: a matrix has a number of inputs that is no multiple of 32.
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


@dataclass(frozen=True, slots=True)
class Quantised:
    """A matrix [N, K] as ``(code − zero) · scale``, in the layout of MatMulNBits.

    Args:
        codes: 4 bits: [N, ⌈K/32⌉, 16] uint8, two codes a byte, the earlier one in the low half; 8 bits: [N, ⌈K/32⌉, 32] uint8.
            Codes beyond K mean 0.
        scales: [N, ⌈K/32⌉] float32.
        zeros: [N, ⌈K/32⌉] uint8, 0 to 15 or 0 to 255.
        columns: K.
        sums: of the K columns, the last that stand for sums of 32 inputs each; 0 where the matrix is plain.
        bits: 4 or 8.
    """

    codes: NDArray[np.uint8]
    scales: Array
    zeros: NDArray[np.uint8]
    columns: int
    sums: int = 0
    bits: int = 4

    @property
    def nbytes(self) -> int:
        """Of all of it."""
        return self.codes.nbytes + self.scales.nbytes + self.zeros.nbytes

    @property
    def packed_zeros(self) -> NDArray[np.uint8]:
        """As MatMulNBits wants them: 4 bits: [N, ⌈groups/2⌉] uint8, two a byte; 8 bits: [N, groups] uint8."""
        return _packed(self.zeros) if self.bits == 4 else self.zeros

    def dequantise(self) -> Array:
        """[N, inputs] float32, the sums folded back into the inputs that they are of."""
        rows, groups, _ = self.codes.shape
        codes = self.codes
        if self.bits == 4:
            codes = np.stack([codes & 15, codes >> 4], axis=-1).reshape(rows, groups, GROUP)
        steps = codes.astype(np.float32) - self.zeros[:, :, None].astype(np.float32)
        wide = (steps * self.scales[:, :, None]).reshape(rows, groups * GROUP)[:, : self.columns]
        inputs = self.columns - self.sums
        if not self.sums:
            return np.asarray(wide)
        return np.asarray(wide[:, :inputs] + np.repeat(wide[:, inputs:], GROUP, axis=1))


def quantise(weight: Array) -> Quantised:
    """For every group, scale and zero of least squared error.

    Eleven scales are tried, from 0.8 to 1.05 times a fifteenth of the group's range, each with the zero that centres the range;
    then the best scale is replaced by the least-squares fit to its codes.

    Args:
        weight: [N, K] float32, K a multiple of 32.

    Raises:
        ModelError: K is not a multiple of 32.
    """
    codes, scales, zeros = _by_rows(weight, _whole_zero)
    return Quantised(codes=_packed(codes), scales=scales, zeros=zeros, columns=weight.shape[1])


def quantise_for(weight: Array, products: Array) -> Quantised:
    """For given inputs: each column's error is made up for by those that follow, zeros in the middle.

    Args:
        weight: [N, K] float32, K a multiple of 32.
        products: [K, K], the sum of x·xᵀ over inputs x.

    Raises:
        ModelError: K is not a multiple of 32.

    Source: see :func:`upcall.export.rounding.with_feedback`.
    """
    from upcall.export.rounding import with_feedback

    rows, columns = weight.shape
    _check_columns(columns)
    torch = require("torch", extra="export")
    codes, scales = with_feedback(torch.from_numpy(weight), torch.from_numpy(products), group=GROUP)
    unsigned = (codes + 8).to(torch.uint8).numpy().reshape(rows, -1, GROUP)
    zeros = np.full(scales.shape, 8, dtype=np.uint8)
    return Quantised(codes=_packed(unsigned), scales=scales.numpy(), zeros=zeros, columns=columns)


def quantise_with_sums(weight: Array) -> Quantised:
    """Without the error of a whole-numbered zero: Q4_1 weights, 16 levels from any minimum, stay what they were.

    A group is ``(code − zero) · scale + rest``. The rest, the same for 32 weights, is below half a scale; it multiplies the sum
    of the group's inputs. So the graph appends these sums to the inputs, and the rests, in 4 bits again, to the columns.

    Args:
        weight: [N, K] float32, K a multiple of 32.

    Returns:
        Of K + K/32 columns.

    Raises:
        ModelError: K is not a multiple of 32.

    Departure: whole zeros alone are usual, and raised the perplexity of a Q4_1 model by a fifth.
    """
    rows, columns = weight.shape
    codes, scales, zeros, rests = _by_rows(weight, _with_rest)
    sums = columns // GROUP
    padded = np.zeros((rows, -(-sums // GROUP) * GROUP), dtype=np.float32)
    padded[:, :sums] = rests
    rest = quantise(padded)
    return Quantised(
        codes=np.concatenate([_packed(codes), rest.codes], axis=1),
        scales=np.concatenate([scales, rest.scales], axis=1),
        zeros=np.concatenate([zeros, rest.zeros], axis=1),
        columns=columns + sums,
        sums=sums,
    )


def quantise_8(weight: Array) -> Quantised:
    """In 8 bits: 256 levels over each group's range, 0 being one of them.

    Args:
        weight: [N, K] float32, K a multiple of 32.

    Raises:
        ModelError: K is not a multiple of 32.
    """
    codes, scales, zeros = _by_rows(weight, _256_levels)
    return Quantised(codes=codes, scales=scales, zeros=zeros, columns=weight.shape[1], bits=8)


def _by_rows(weight: Array, one: Callable[[Any, Any], tuple[Any, ...]]) -> list[Any]:
    """Apply a function of (torch, [n, G, 32]) to slices of rows and join what it gives, as arrays."""
    rows, columns = weight.shape
    _check_columns(columns)
    torch = require("torch", extra="export")
    groups = torch.from_numpy(weight).reshape(rows, columns // GROUP, GROUP)
    parts = [one(torch, groups[start : start + _ROWS_AT_ONCE]) for start in range(0, rows, _ROWS_AT_ONCE)]
    return [np.concatenate([part.numpy() for part in column]) for column in zip(*parts, strict=True)]


def _check_columns(columns: int) -> None:
    if columns % GROUP:
        raise ModelError(f"A matrix has {columns} inputs.", allowed=f"a multiple of {GROUP}")


def _whole_zero(torch: Any, groups: Any) -> tuple[Any, ...]:
    """[n, G, 32] float32 → codes [n, G, 32] uint8, scales [n, G] float32, zeros [n, G] uint8."""
    low, high = groups.amin(dim=-1, keepdim=True), groups.amax(dim=-1, keepdim=True)
    span = torch.where(high == low, 1.0, high - low)
    best_scale, best_error = span, torch.full_like(span, float("inf"))

    def codes_of(scale: Any) -> tuple[Any, Any]:
        zeros = (7.5 - (low + high) / (2 * scale)).round_().clamp_(0, 15)
        return ((groups / scale).round_() + zeros).clamp_(0, 15), zeros

    for factor in _FACTORS:
        scale = span * (factor / 15)
        codes, zeros = codes_of(scale)
        error = ((codes - zeros) * scale - groups).square_().sum(dim=-1, keepdim=True)
        better = error < best_error
        best_scale = torch.where(better, scale, best_scale)
        best_error = torch.where(better, error, best_error)
    codes, zeros = codes_of(best_scale)
    steps = codes - zeros
    power = steps.square().sum(dim=-1, keepdim=True)
    fitted = torch.where(power == 0, best_scale, (steps * groups).sum(dim=-1, keepdim=True) / power.clamp(min=1))
    return codes.to(torch.uint8), fitted.squeeze(-1), zeros.squeeze(-1).to(torch.uint8)


def _with_rest(torch: Any, groups: Any) -> tuple[Any, ...]:
    """[n, G, 32] float32 → codes [n, G, 32] uint8, scales [n, G] float32, zeros [n, G] uint8, rests [n, G] float32.

    The range of a group is taken as 15 steps, 14, … 8, since a group need not use both ends of its 16 levels.
    """
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


def _256_levels(torch: Any, groups: Any) -> tuple[Any, ...]:
    """[n, G, 32] float32 → codes [n, G, 32] uint8, scales [n, G] float32, zeros [n, G] uint8."""
    low, high = groups.amin(dim=-1, keepdim=True).clamp(max=0), groups.amax(dim=-1, keepdim=True).clamp(min=0)
    scale = torch.where(high == low, 1.0, (high - low) / 255)
    zeros = (-low / scale).round_().clamp_(0, 255)
    codes = ((groups / scale).round_() + zeros).clamp_(0, 255)
    return codes.to(torch.uint8), scale.squeeze(-1), zeros.squeeze(-1).to(torch.uint8)


def _packed(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[…, n] of 0 to 15 → […, ⌈n/2⌉], the earlier one in the low half."""
    if values.shape[-1] % 2:
        values = np.concatenate([values, np.zeros_like(values[..., :1])], axis=-1)
    return np.asarray(values[..., 0::2] | (values[..., 1::2] << 4))
