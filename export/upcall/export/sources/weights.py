"""Weights as both formats take them: joined matrices, and the tables of rotary positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from upcall.export.sources.model import Array, DecoderShape, RopeScaling, SourceModel


def joined(weights: Mapping[str, Array], shape: DecoderShape) -> dict[str, Array]:
    """Weights with Q, K, V in one matrix and gate and up in one: fewer, larger products; exact, as groups run along the input.

    Returns:
        ``N.qkv`` [(heads + 2H) · head size, D], ``N.gate_up`` [2 · intermediate, D], ``N.qkv_bias`` where there are biases, and
        the other weights as they were.
    """
    result = {name: weight for name, weight in weights.items() if name.count(".") == 0}
    for layer in range(shape.layers):
        own = {name.partition(".")[2]: weight for name, weight in weights.items() if name.startswith(f"{layer}.")}
        result[f"{layer}.qkv"] = np.concatenate([own.pop("q"), own.pop("k"), own.pop("v")])
        result[f"{layer}.gate_up"] = np.concatenate([own.pop("gate"), own.pop("up")])
        if "q_bias" in own:
            result[f"{layer}.qkv_bias"] = np.concatenate([own.pop("q_bias"), own.pop("k_bias"), own.pop("v_bias")])
        result |= {f"{layer}.{name}": weight for name, weight in own.items()}
    return result


def with_wide_heads(source: SourceModel, *, multiple: int) -> SourceModel:
    """The same decoder with heads of a size that a kernel takes: zeros that stay zeros fill them up.

    A head is rotated in pairs of its halves, so each half is filled up; V and the inputs of the output matrix likewise. The
    mean under a norm of heads is then over more numbers: its factors and its ε are made smaller by what that changes.

    Args:
        source: weights as they were read.
        multiple: of which the size must be one.
    """
    shape = source.shape
    if shape.head_size % multiple == 0:
        return source
    own, wide = shape.head_size, -(-shape.head_size // multiple) * multiple

    def filled(weight: Array, heads: int) -> Array:
        """[heads · own, …] → [heads · wide, …]."""
        halves = weight.reshape(heads, 2, own // 2, -1)
        filling = np.pad(halves, ((0, 0), (0, 0), (0, (wide - own) // 2), (0, 0)))
        return np.ascontiguousarray(filling.reshape(heads * wide, *weight.shape[1:]))

    share = np.float32(own / wide)
    weights = dict(source.weights)
    for name, weight in source.weights.items():
        part = name.partition(".")[2].removesuffix("_bias")
        if part in ("q", "k", "v"):
            weights[name] = filled(weight, shape.heads if part == "q" else shape.kv_heads)
        elif part in ("q_norm", "k_norm"):
            weights[name] = filled(weight, 1) * np.sqrt(share)
        elif part == "o":
            weights[name] = np.ascontiguousarray(filled(np.ascontiguousarray(weight.T), shape.heads).T)
    widened = replace(
        shape,
        head_size=wide,
        rotary_size=own,
        head_norm_epsilon=shape.norm_epsilon * float(share),
        attention_scale=shape.attention_scale or own**-0.5,
    )
    return replace(source, shape=widened, weights=weights)


def rotary_tables(shape: DecoderShape, *, is_local: bool = False) -> tuple[Array, Array]:
    """Cosines and sines of every position, each [context, head size/2] float32, for global or for local layers."""
    angles = np.arange(shape.context, dtype=np.float32)[:, None] * rotary_frequencies(shape, is_local=is_local)[None]
    return np.cos(angles), np.sin(angles)


def rotary_frequencies(shape: DecoderShape, *, is_local: bool = False) -> Array:
    """The angles by which a head's pairs of values turn from one position to the next: [head size/2] float32, in radians.

    Source: Su et al. 2021 (2104.09864), frequencies base^(−2i/d); Llama 3's stretching as in its reference code. Computed as
    transformers does, in float32 steps.
    """
    size = shape.rotary_size or shape.head_size
    exponents = np.arange(0, size, 2, dtype=np.float32) / np.float32(size)
    base = shape.local_rope_base if is_local else shape.rope_base
    frequencies: Array = (1.0 / np.power(np.float32(base), exponents)).astype(np.float32)
    if shape.rope_scaling is not None and not is_local:
        frequencies = _stretched(frequencies, shape.rope_scaling)
    return np.pad(frequencies, (0, (shape.head_size - size) // 2))


def _stretched(frequencies: Array, scaling: RopeScaling) -> Array:
    wavelengths = np.float32(2 * np.pi) / frequencies
    rotations = scaling.original_context / wavelengths
    smooth = (rotations - scaling.low) / (scaling.high - scaling.low)
    blended = (1 - smooth) * frequencies / scaling.factor + smooth * frequencies
    slowed = np.where(rotations < scaling.low, frequencies / scaling.factor, blended)
    return np.where(rotations > scaling.high, frequencies, slowed).astype(np.float32)
