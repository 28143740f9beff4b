"""The decoder as a PyTorch module that ExecuTorch can lower: the cache stands inside, positions are given from outside.

Import it only where torch and executorch are installed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from upcall.edge_runtime.engine import RouterStage, Step
from upcall.edge_runtime.engines.executorch import load_runtime, quiet
from upcall.edge_runtime.errors import EngineError, ModelError
from upcall.export.graph import rotary_tables
from upcall.export.source import Array, DecoderShape

ARCHITECTURES = ("llama", "qwen2")


class Decoder(nn.Module):
    """``forward(tokens [1, T] int64, position [1] int64)`` → ``logits`` [1, V] of the last token, ``hidden_last``,
    ``hidden_sum`` and ``hidden_mid`` [1, D], all float32.

    The tokens take the places position … position + T − 1 of the cache; what stands behind them is not seen, so a cache is
    cut back by giving a smaller position.

    Args:
        weights: as ``joined`` gives them, shared, not copied.
        shape: of the decoder; its context is the length of the cache.

    Raises:
        ModelError: the architecture is not one of ARCHITECTURES.
        MissingExtraError: executorch is not installed.
    """

    def __init__(self, weights: Mapping[str, Array], shape: DecoderShape) -> None:
        super().__init__()
        if shape.architecture not in ARCHITECTURES:
            raise ModelError(
                f"The model's architecture is '{shape.architecture}'.",
                allowed=f"{', '.join(ARCHITECTURES)} for ExecuTorch",
                next_step="upcall export MODEL --to onnx",
            )
        load_runtime()
        self.context = shape.context
        self._middle = shape.middle_layer
        self.embedding: nn.Module = Embedding(_tensor(weights, "embedding"))
        self.layers = nn.ModuleList(Layer(weights, shape, number) for number in range(shape.layers))
        self.final_norm = Norm(_tensor(weights, "final_norm"), shape.norm_epsilon)
        self.head = _linear(_tensor(weights, "head" if "head" in weights else "embedding"))
        for name, table in zip(("cosines", "sines"), rotary_tables(shape), strict=True):
            self.register_buffer(name, torch.from_numpy(table))

    def forward(self, tokens: Tensor, position: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """See the class."""
        count = tokens.shape[1]
        start: Any = position[0].item()  # an int, or a symbol of one in torch.export
        torch._check(start >= 0)  # type: ignore[no-untyped-call]  # torch gives it no types
        torch._check(start + count <= self.context)  # type: ignore[no-untyped-call]
        cosines, sines = (self.get_buffer(name).narrow(0, start, count)[None, :, None] for name in ("cosines", "sines"))
        residual = middle = self.embedding(tokens)
        for number, layer in enumerate(self.layers):
            residual = layer(residual, cosines, sines, start)
            if number + 1 == self._middle:
                middle = residual
        normal = self.final_norm(residual)
        last = normal[:, -1]
        return self.head(last), last, normal.sum(1), middle[:, -1]


class EagerEngine:
    """The decoder run by PyTorch, as an :class:`upcall.edge_runtime.engine.Engine`: what the program is measured against."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._position = 0

    @property
    def context_length(self) -> int:
        """Most tokens that the cache can hold."""
        return self._decoder.context

    @property
    def position(self) -> int:
        """Tokens in the cache."""
        return self._position

    def forward(self, tokens: Sequence[int]) -> Step:
        """Append T ≥ 1 tokens to the cache."""
        with torch.inference_mode(), quiet():
            outputs = self._decoder(torch.tensor([list(tokens)]), torch.tensor([self._position]))
        self._position += len(tokens)
        logits, hidden_last, hidden_sum, hidden_mid = (output[0].numpy() for output in outputs)
        return Step(logits=logits, hidden_last=hidden_last, hidden_sum=hidden_sum, hidden_mid=hidden_mid)

    def truncate(self, position: int) -> None:
        """Keep the first ``position`` tokens of the cache."""
        self._position = position

    def route(self, stage: RouterStage, features: NDArray[np.float32]) -> float:
        """A decoder alone has no router heads."""
        raise EngineError(f"The decoder in PyTorch has no {stage.method}.")

    def close(self) -> None:
        """Nothing to free."""


class Layer(nn.Module):
    """Attention and gated MLP, each behind an RMS norm and added to the residual stream [1, T, D]."""

    def __init__(self, weights: Mapping[str, Array], shape: DecoderShape, number: int) -> None:
        super().__init__()
        self._heads, self._kv_heads, self._head_size = shape.heads, shape.kv_heads, shape.head_size
        self.attention_norm = Norm(_tensor(weights, f"{number}.attention_norm"), shape.norm_epsilon)
        bias = _tensor(weights, f"{number}.qkv_bias") if f"{number}.qkv_bias" in weights else None
        self.qkv = _linear(_tensor(weights, f"{number}.qkv"), bias)
        self.o = _linear(_tensor(weights, f"{number}.o"))
        self.mlp_norm = Norm(_tensor(weights, f"{number}.mlp_norm"), shape.norm_epsilon)
        # Apart, as cutting their joint output in two is nothing that XNNPACK runs.
        gate_up = _tensor(weights, f"{number}.gate_up")
        self.gate, self.up = _linear(gate_up[: shape.intermediate]), _linear(gate_up[shape.intermediate :])
        self.down = _linear(_tensor(weights, f"{number}.down"))
        for name in ("keys", "values"):
            self.register_buffer(name, torch.zeros(1, shape.context, shape.kv_heads, shape.head_size))

    def forward(self, residual: Tensor, cosines: Tensor, sines: Tensor, start: Any) -> Tensor:
        """[1, T, D], cosines and sines [1, T, 1, head size / 2] → [1, T, D]."""
        residual = residual + self._attention(self.attention_norm(residual), cosines, sines, start)
        normal = self.mlp_norm(residual)
        fed: Tensor = self.down(nn.functional.silu(self.gate(normal)) * self.up(normal))
        return residual + fed

    def _attention(self, normal: Tensor, cosines: Tensor, sines: Tensor, start: Any) -> Tensor:
        count, heads, kv_heads = normal.shape[1], self._heads, self._kv_heads
        joined = self.qkv(normal).view(1, count, heads + 2 * kv_heads, self._head_size)
        values = joined[:, :, heads + kv_heads :]
        rotated = _rotated(joined[:, :, : heads + kv_heads], cosines, sines)
        queries, keys = rotated[:, :, :heads], rotated[:, :, heads:]
        cache = self.get_buffer("keys"), self.get_buffer("values")
        attended = torch.ops.llama.sdpa_with_kv_cache(queries, keys, values, *cache, start, count, None, 0.0, True)
        output: Tensor = self.o(attended.reshape(1, count, heads * self._head_size))
        return output


class Norm(nn.Module):
    """x / √(mean(x²) + ε) · weight. Source: Zhang and Sennrich 2019 (1910.07467)."""

    def __init__(self, weight: Tensor, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)
        self._epsilon = epsilon
        self.register_buffer("mean", torch.full((1, weight.shape[0]), 1 / weight.shape[0]))

    def forward(self, values: Tensor) -> Tensor:
        """[1, T, D] → [1, T, D]."""
        # A mean along one axis is nothing that XNNPACK runs; a product with [1, D] is.
        mean = nn.functional.linear(values * values, self.get_buffer("mean"))
        return values * torch.rsqrt(mean + self._epsilon) * self.weight


class Embedding(nn.Module):
    """Rows of a float32 matrix [V, D]."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """[1, T] int64 → [1, T, D]."""
        return nn.functional.embedding(tokens, self.weight)


def _rotated(values: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    half = values.shape[-1] // 2
    first, second = values[..., :half], values[..., half:]
    return torch.cat((first * cosines - second * sines, second * cosines + first * sines), -1)


def _tensor(weights: Mapping[str, Array], name: str) -> Tensor:
    return torch.from_numpy(weights[name])


def _linear(weight: Tensor, bias: Tensor | None = None) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, device="meta")
    linear.weight = nn.Parameter(weight, requires_grad=False)
    if bias is not None:
        linear.bias = nn.Parameter(bias, requires_grad=False)
    return linear
