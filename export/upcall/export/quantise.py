"""Weights to 4 bits: groups of 32 along the input, one float32 scale each, symmetric around code 8."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import ModelError, require
from upcall.export.source import Array

GROUP = 32
_CANDIDATES = 12
_ROWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Quantised:
    """A matrix [N, K] as ``(code − 8) · scale``.

    Args:
        codes: [N, K/32, 16] uint8, two codes a byte, the earlier one in the low half: the layout of MatMulNBits.
        scales: [N, K/32] float32.
    """

    codes: NDArray[np.uint8]
    scales: Array

    def dequantise(self) -> Array:
        """[N, K] float32."""
        rows, groups, _ = self.codes.shape
        codes = np.stack([self.codes & 15, self.codes >> 4], axis=-1).reshape(rows, groups, GROUP)
        wide = (codes.astype(np.float32) - 8.0) * self.scales[:, :, None]
        return np.asarray(wide.reshape(rows, groups * GROUP))


def quantise(weight: Array) -> Quantised:
    """Choose, for every group, the scale of least squared error.

    Twelve scales are tried, from 0.75 to 1.05 times the one that maps the group's largest weight to the code 0; then the best
    one is replaced by the least-squares fit to its codes.

    Args:
        weight: [N, K] float32, K a multiple of 32.

    Raises:
        ModelError: K is not a multiple of 32.
    """
    rows, columns = weight.shape
    if columns % GROUP:
        raise ModelError(f"A matrix has {columns} inputs.", allowed=f"a multiple of {GROUP}")
    torch = require("torch", extra="export")
    groups = torch.from_numpy(weight).reshape(rows, columns // GROUP, GROUP)
    parts = [_quantise_rows(torch, groups[start : start + _ROWS_AT_ONCE]) for start in range(0, rows, _ROWS_AT_ONCE)]
    codes = np.concatenate([codes for codes, _ in parts])
    scales = np.concatenate([scales for _, scales in parts])
    return Quantised(codes=codes[..., 0::2] | (codes[..., 1::2] << 4), scales=scales)


def _quantise_rows(torch: Any, groups: Any) -> tuple[NDArray[np.uint8], Array]:
    """[n, G, 32] float32 → codes [n, G, 32] uint8 in 0 to 15, scales [n, G] float32."""
    extreme = groups.gather(-1, groups.abs().argmax(dim=-1, keepdim=True))
    base = torch.where(extreme == 0, 1.0, extreme / -8.0)
    best_scale, best_error = base, torch.full_like(base, float("inf"))
    for factor in np.linspace(0.75, 1.05, _CANDIDATES).tolist():
        scale = base * factor
        codes = (groups / scale).round_().clamp_(-8, 7)
        error = (codes * scale - groups).square_().sum(dim=-1, keepdim=True)
        better = error < best_error
        best_scale = torch.where(better, scale, best_scale)
        best_error = torch.where(better, error, best_error)
    codes = (groups / best_scale).round_().clamp_(-8, 7)
    power = codes.square().sum(dim=-1, keepdim=True)
    fitted = torch.where(power == 0, best_scale, (codes * groups).sum(dim=-1, keepdim=True) / power.clamp(min=1))
    return (codes + 8).to(torch.uint8).numpy(), fitted.squeeze(-1).numpy()
