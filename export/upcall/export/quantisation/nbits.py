"""A matrix in 4 or 8 bits as the operator MatMulNBits lays it out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upcall.export.sources.model import Array

GROUP = 32
"""Inputs that share a scale."""


@dataclass(frozen=True, slots=True)
class Quantised:
    """A matrix [N, K] as ``(code − zero) · scale``, over C columns.

    Args:
        codes: 4 bits: [N, ⌈C/32⌉, 16] uint8, two codes a byte, the earlier one in the low half; 8 bits: [N, ⌈C/32⌉, 32] uint8.
        scales: [N, ⌈C/32⌉] float32.
        zeros: [N, ⌈C/32⌉] uint8, 0 to 15 or 0 to 255.
        inputs: K.
        sums: columns that multiply the sum of 32 inputs each; 0 where the matrix is plain, and C is K. With sums, C is K,
            filled up to a multiple of 32 with columns for inputs that are 0, and then the sums.
        bits: 4 or 8.
    """

    codes: NDArray[np.uint8]
    scales: Array
    zeros: NDArray[np.uint8]
    inputs: int
    sums: int = 0
    bits: int = 4

    @property
    def columns(self) -> int:
        """C, what the product runs over."""
        return self.inputs + self.filling + self.sums

    @property
    def filling(self) -> int:
        """Columns between the inputs and the sums, so that these begin a group."""
        return -self.inputs % GROUP if self.sums else 0

    @property
    def nbytes(self) -> int:
        """Size of codes, scales and zeros."""
        return self.codes.nbytes + self.scales.nbytes + self.zeros.nbytes

    @property
    def packed_zeros(self) -> NDArray[np.uint8]:
        """The zeros as MatMulNBits wants them: 4 bits: [N, ⌈groups/2⌉] uint8, two a byte; 8 bits: [N, groups] uint8."""
        return packed(self.zeros) if self.bits == 4 else self.zeros

    def dequantise(self) -> Array:
        """[N, K] float32, the sums folded back into the inputs that they are of."""
        rows, groups, _ = self.codes.shape
        codes = self.codes
        if self.bits == 4:
            codes = np.stack([codes & 15, codes >> 4], axis=-1).reshape(rows, groups, GROUP)
        steps = codes.astype(np.float32) - self.zeros[:, :, None].astype(np.float32)
        wide = (steps * self.scales[:, :, None]).reshape(rows, groups * GROUP)[:, : self.columns]
        plain = np.asarray(wide[:, : self.inputs])
        if not self.sums:
            return plain
        return np.asarray(plain + np.repeat(wide[:, -self.sums :], GROUP, axis=1)[:, : self.inputs])


def packed(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[…, n] of 0 to 15 → […, ⌈n/2⌉], the earlier one in the low half."""
    if values.shape[-1] % 2:
        values = np.concatenate([values, np.zeros_like(values[..., :1])], axis=-1)
    return np.asarray(values[..., 0::2] | (values[..., 1::2] << 4))
