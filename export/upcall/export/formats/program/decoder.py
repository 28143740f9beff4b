"""The decoder as a PyTorch module that ExecuTorch can lower: the cache stands inside, positions are given from outside.

Import it only where torch and executorch are installed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from upcall.edge_runtime.engines.executorch_program import load_runtime, quiet
from upcall.edge_runtime.errors import EngineError
from upcall.edge_runtime.language_model.engine import MAX_LOGIT_ROWS, RouterStage, Step
from upcall.export.sources.model import Array, DecoderShape
from upcall.export.sources.weights import rotary_frequencies

# What is added to the score of a place outside the window. Not −∞: the kernel goes through the places in blocks, and a softmax
# over a block of −∞ alone is not defined.
_OUTSIDE = -1e9


class Decoder(nn.Module):
    """``forward(tokens [1, T] int64, position [1] int64)`` → ``logits`` [1, min(T, 8), V] of the last tokens,
    ``hidden_last`` and ``hidden_mid`` [1, D] of the last one, all float32.

    The tokens take the places position … position + T − 1 of the cache; what stands behind them is not seen, so a cache is
    cut back by giving a smaller position.

    Args:
        weights: as ``joined`` gives them, shared, not copied.
        shape: of the decoder; its context is the length of the cache.

    Raises:
        MissingExtraError: executorch is not installed.
    """

    def __init__(self, weights: Mapping[str, Array], shape: DecoderShape) -> None:
        super().__init__()
        load_runtime()
        self.context = shape.context
        self._shape = shape
        self.embedding: nn.Module = Embedding(_tensor(weights, "embedding"))
        self.layers = nn.ModuleList(Layer(weights, shape, number) for number in range(shape.layers))
        self.final_norm = _norm(_tensor(weights, "final_norm"), shape)
        self.head = _linear(_tensor(weights, "head" if "head" in weights else "embedding"))
        self.register_buffer("frequencies", torch.from_numpy(rotary_frequencies(shape)))
        if shape.window:
            self.register_buffer("local_frequencies", torch.from_numpy(rotary_frequencies(shape, is_local=True)))

    def forward(self, tokens: Tensor, position: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See the class."""
        count = tokens.shape[1]
        start: Any = position[0].item()  # an int, or a symbol of one in torch.export
        torch._check(start >= 0)  # type: ignore[no-untyped-call]  # torch gives it no types
        torch._check(start + count <= self.context)  # type: ignore[no-untyped-call]
        everywhere = Place(*self._rotary("frequencies", start, count), start)
        local = self._local(position, start, count) if self._shape.window else everywhere
        residual = self.embedding(tokens)
        if self._shape.embedding_scale != 1:
            residual = residual * self._shape.embedding_scale
        middle = residual
        for number, layer in enumerate(self.layers):
            residual = layer(residual, local if self._shape.is_local(number) else everywhere)
            if number + 1 == self._shape.middle_layer:
                middle = residual
        normal = self.final_norm(residual)
        rows = torch.sym_min(count, MAX_LOGIT_ROWS)  # type: ignore[no-untyped-call]  # torch gives it no types
        # Chosen one by one, and of two axes: a slice or a view of a length that is a minimum would guard T in torch.export.
        last = normal[0].index_select(0, torch.arange(rows) + (count - rows))
        return self.head(last)[None], normal[:, -1], middle[:, -1]

    def _rotary(self, frequencies: str, start: Any, count: int) -> tuple[Tensor, Tensor]:
        # Computed, as tables of all positions would be half a megabyte.
        places = torch.arange(start, start + count, dtype=torch.float32)
        angles = places[None, :, None, None] * self.get_buffer(frequencies)
        return angles.cos(), angles.sin()

    def _local(self, position: Tensor, start: Any, count: int) -> Place:
        window = self._shape.window
        earlier: Any = position.clamp(max=window - 1)[0].item()
        torch._check(earlier >= 0)  # type: ignore[no-untyped-call]  # torch gives it no types
        torch._check(earlier < window)  # type: ignore[no-untyped-call]  # torch gives it no types
        torch._check(earlier <= start)  # type: ignore[no-untyped-call]  # torch gives it no types
        places = torch.arange(earlier + count, dtype=torch.int32)
        distances = places.narrow(0, earlier, count)[:, None] - places
        mask = torch.where((distances < 0) | (distances >= window), _OUTSIDE, 0.0)
        return Place(*self._rotary("local_frequencies", start, count), start, earlier, mask)


class Place(NamedTuple):
    """Where the tokens of a forward pass stand, for one kind of layers.

    Args:
        cosines: [1, T, 1, head size / 2].
        sines: of the same size.
        start: place of the first token in the cache.
        earlier: places before ``start`` that a window reaches.
        mask: [T, earlier + T] float32, what is added to the scores; None where there is no window.
    """

    cosines: Tensor
    sines: Tensor
    start: Any
    earlier: Any = 0
    mask: Tensor | None = None


class EagerEngine:
    """The decoder run by PyTorch, as an `Engine`: what the program is measured against."""

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
        logits, hidden_last, hidden_mid = (output[0].numpy() for output in outputs)
        return Step(last_logits=logits, hidden_last=hidden_last, hidden_mid=hidden_mid)

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
        prefix = f"{number}."
        own = {name.removeprefix(prefix): _tensor(weights, name) for name in weights if name.startswith(prefix)}
        self._heads, self._kv_heads, self._head_size = shape.heads, shape.kv_heads, shape.head_size
        self._scale = shape.attention_scale or None  # of None the operator makes 1/√head_size
        self._activation = _gelu if shape.is_gelu else nn.functional.silu
        self.attention_norm = _norm(own["attention_norm"], shape)
        self.qkv = _linear(own["qkv"], own.get("qkv_bias"))
        if shape.has_head_norms:
            of_heads = own["q_norm"].expand(shape.heads, -1), own["k_norm"].expand(shape.kv_heads, -1)
            own["head_norm"] = torch.cat(of_heads)
        self.head_norm = _norm(own.get("head_norm"), shape)
        self.o = _linear(own["o"])
        self.post_attention_norm = _norm(own.get("post_attention_norm"), shape)
        self.mlp_norm = _norm(own["mlp_norm"], shape)
        # Apart, as cutting their joint output in two is nothing that XNNPACK runs.
        self.gate, self.up = (_linear(half) for half in own["gate_up"].view(2, shape.intermediate, shape.hidden))
        self.down = _linear(own["down"])
        self.post_mlp_norm = _norm(own.get("post_mlp_norm"), shape)
        for name in ("keys", "values"):
            self.register_buffer(name, torch.zeros(1, shape.context, shape.kv_heads, shape.head_size))

    def forward(self, residual: Tensor, place: Place) -> Tensor:
        """[1, T, D] → [1, T, D]."""
        residual = residual + self.post_attention_norm(self._attention(self.attention_norm(residual), place))
        normal = self.mlp_norm(residual)
        fed = self.down(self._activation(self.gate(normal)) * self.up(normal))
        output: Tensor = residual + self.post_mlp_norm(fed)
        return output

    def _attention(self, normal: Tensor, place: Place) -> Tensor:
        count, heads, kv_heads = normal.shape[1], self._heads, self._kv_heads
        joined = self.qkv(normal).view(1, count, heads + 2 * kv_heads, self._head_size)
        values = joined[:, :, heads + kv_heads :]
        rotated = _rotated(self.head_norm(joined[:, :, : heads + kv_heads]), place.cosines, place.sines)
        attended = self._attended(rotated[:, :, :heads], rotated[:, :, heads:], values, place)
        output: Tensor = self.o(attended.reshape(1, count, heads * self._head_size))
        return output

    def _attended(self, queries: Tensor, keys: Tensor, values: Tensor, place: Place) -> Any:
        cache, count = (self.get_buffer("keys"), self.get_buffer("values")), queries.shape[1]
        if place.mask is None:
            return torch.ops.llama.sdpa_with_kv_cache(
                queries, keys, values, *cache, place.start, count, None, 0.0, True, self._scale
            )
        for part, new in zip(cache, (keys, values), strict=True):
            torch.ops.llama.update_cache(new, part, place.start)
        # With a mask the operator goes through every place that it is given: give it those within the window.
        seen = (part.narrow(1, place.start - place.earlier, place.earlier + count) for part in cache)
        return torch.ops.llama.custom_sdpa(queries, *seen, place.earlier, place.mask, 0.0, False, self._scale)


class Norm(nn.Module):
    """x / √(mean(x²) + ε) · weight, [D] or one [D] for each head. Source: Zhang and Sennrich 2019 (1910.07467)."""

    def __init__(self, weight: Tensor, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)
        self._epsilon = epsilon
        self.register_buffer("mean", torch.full((1, weight.shape[-1]), 1 / weight.shape[-1]))

    def forward(self, values: Tensor) -> Tensor:
        """[…, D] → […, D]."""
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


def _gelu(values: Tensor) -> Tensor:
    """GELU by tanh, x · ½(1 + tanh y), with σ(2y) for ½(1 + tanh y). PyTorch's operator XNNPACK would run by erf."""
    return values * torch.sigmoid(math.sqrt(8 / math.pi) * (values + 0.044715 * values * values * values))


def _norm(weight: Tensor | None, shape: DecoderShape) -> nn.Module:
    return nn.Identity() if weight is None else Norm(weight, shape.norm_epsilon)


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
