"""What the exporter needs of a model, wherever it was read from: shape, weights in float32, tokenizer, chat template."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import ModelError

Array = NDArray[np.float32]
Weights = dict[str, Array]

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma3_text")
MAX_CONTEXT = 8192
"""Longer contexts are cut to it: the cache of a device holds no more, and tables of positions grow with it."""


@dataclass(frozen=True, slots=True)
class RopeScaling:
    """Llama 3's stretched positions: slow rotations are slowed further, fast ones are kept, and between them it is blended.

    Args:
        factor: by which slow rotations are slowed.
        low: rotations over the original context below which a frequency is slow.
        high: and above which it is fast.
        original_context: tokens of the context before stretching.
    """

    factor: float
    low: float
    high: float
    original_context: int


@dataclass(frozen=True, slots=True)
class DecoderShape:
    """A decoder with RMS norms, rotary positions, grouped-query attention and a gated MLP.

    Args:
        architecture: one of ARCHITECTURES.
        layers: L.
        hidden: D.
        intermediate: width of the MLP.
        heads: of the queries.
        kv_heads: H, of keys and values.
        head_size: of each head; often D / heads.
        vocabulary: V.
        context: most tokens, at most MAX_CONTEXT.
        rope_base: θ of the rotary positions.
        norm_epsilon: of the RMS norms.
        rope_scaling: of the rotary positions; None leaves them as they are.
        has_qkv_bias: whether Q, K, V have biases (Qwen2).
        has_head_norms: whether each head of Q and K has an RMS norm (Qwen3, Gemma 3).
        has_post_norms: whether attention's and the MLP's output pass an RMS norm before they are added (Gemma 3).
        is_gelu: GELU by tanh in the MLP, else SiLU.
        embedding_scale: factor of the embedding's rows, not of a tied head.
        attention_scale: factor of Q·K; 0 stands for 1/√head_size.
        window: tokens, itself included, that a token of a local layer sees; 0 where every layer is global.
        global_layers: the layers without a window, where there is one.
        local_rope_base: θ in local layers.
        rotary_size: of a head's numbers that are rotated, where zeros fill the head up; 0 stands for all.
        head_norm_epsilon: of the norms of heads, where zeros fill the head up; 0 stands for norm_epsilon.
    """

    architecture: str
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_size: int
    vocabulary: int
    context: int
    rope_base: float
    norm_epsilon: float
    rope_scaling: RopeScaling | None = None
    has_qkv_bias: bool = False
    has_head_norms: bool = False
    has_post_norms: bool = False
    is_gelu: bool = False
    embedding_scale: float = 1.0
    attention_scale: float = 0.0
    window: int = 0
    global_layers: tuple[int, ...] = ()
    local_rope_base: float = 0.0
    rotary_size: int = 0
    head_norm_epsilon: float = 0.0

    @property
    def middle_layer(self) -> int:
        """⌊3L/4⌋: the residual stream after this many layers is ``hidden_mid``."""
        return 3 * self.layers // 4

    def is_local(self, layer: int) -> bool:
        """Whether the layer sees a window only."""
        return self.window > 0 and layer not in self.global_layers


@dataclass(frozen=True, slots=True)
class TokenizerFields:
    """A GGUF file's own tokenizer.

    Args:
        model: algorithm, for example "gpt2" for byte-level BPE.
        pre: name of the pre-tokenizer.
        tokens: V strings, by id.
        token_types: V numbers; 1 normal, 3 control, 4 user-defined.
        merges: pairs joined by a space, by rank.
        eos_id: end of the text or turn.
        add_bos: whether a BOS token starts every text.
        chat_template: Jinja source; empty where the file has none.
    """

    model: str
    pre: str
    tokens: list[str]
    token_types: list[int]
    merges: list[str]
    eos_id: int
    add_bos: bool
    chat_template: str

    @property
    def special(self) -> dict[str, str]:
        """Names under which a chat template knows special tokens."""
        return {"eos_token": self.tokens[self.eos_id]}


@dataclass(frozen=True, slots=True)
class TokenizerFile:
    """A ``tokenizer.json`` and what stands beside it.

    Args:
        path: of the file.
        vocabulary: V of the model that it must fit.
        end_ids: tokens that end a generation, as the model's configuration says.
        special: names under which a chat template knows special tokens, to tokens.
        chat_template: Jinja source; empty where there is none.
    """

    path: Path
    vocabulary: int
    end_ids: tuple[int, ...]
    special: dict[str, str]
    chat_template: str


@dataclass(frozen=True, slots=True)
class SourceModel:
    """What was read. Weights are named ``embedding``, ``final_norm``, ``head`` (absent where tied to the embedding) and
    ``N.NAME`` with NAME of ``attention_norm q k v o q_bias k_bias v_bias q_norm k_norm post_attention_norm mlp_norm gate up
    down post_mlp_norm``; matrices are [out, in], norms are the factors themselves. ``folder`` is set where transformers can
    read the model by itself.
    """

    shape: DecoderShape
    tokenizer: TokenizerFields | TokenizerFile
    weights: Weights
    licence: str
    parameter_count: int
    folder: Path | None = None


def check_finite(weight: Array, *, tensor: str, name: str) -> None:
    """Refuse a weight with a number that is none, before hours of work on it.

    Args:
        weight: as it was read.
        tensor: its name in the file.
        name: of the file.

    Raises:
        ModelError: a number is NaN or infinite.
    """
    if not np.isfinite(weight).all():
        broken = int(weight.size - np.isfinite(weight).sum())
        raise ModelError(
            f"The tensor '{tensor}' of {name} has {broken:,} numbers that are NaN or infinite.",
            allowed="finite weights",
            next_step="pull or copy the model anew; if it is as its author published it, it cannot be exported",
        )


def check_shape(shape: DecoderShape) -> None:
    """Refuse sizes that no decoder has.

    Raises:
        ModelError: a size is 0, heads do not share keys and values evenly or cannot be rotated, or a number is not above 0 and
            finite.
    """
    sizes = ("layers", "hidden", "intermediate", "heads", "kv_heads", "head_size", "vocabulary", "context")
    if empty := [name for name in sizes if getattr(shape, name) < 1]:
        raise ModelError(f"The model's {', '.join(empty)} are 0.", allowed="1 or more")
    if shape.heads % shape.kv_heads:
        raise ModelError(
            f"The model has {shape.heads} heads and {shape.kv_heads} of keys and values.",
            allowed="a number of heads that is a multiple of those of keys and values",
        )
    if shape.head_size % 2:
        raise ModelError(
            f"The model's heads have {shape.head_size} numbers.", allowed="an even number, to rotate pairs"
        )
    numbers = {"base of the rotary positions": shape.rope_base, "epsilon of the norms": shape.norm_epsilon}
    if shape.window:
        numbers["base of the rotary positions in local layers"] = shape.local_rope_base
    for what, number in numbers.items():
        if not 0 < number < math.inf:
            raise ModelError(f"The model's {what} is {number}.", allowed="above 0 and finite")


def check_weights(weights: Weights, *, shape: DecoderShape, name: str) -> None:
    """Refuse weights that are not exactly those of the shape.

    Raises:
        ModelError: some are missing, unknown or of another size.
    """
    d, m = shape.hidden, shape.intermediate
    queries, kv = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    layer: dict[str, tuple[int, ...]] = {
        "attention_norm": (d,), "q": (queries, d), "k": (kv, d), "v": (kv, d), "o": (d, queries),
        "mlp_norm": (d,), "gate": (m, d), "up": (m, d), "down": (d, m),
    }  # fmt: skip
    if shape.has_qkv_bias:
        layer |= {"q_bias": (queries,), "k_bias": (kv,), "v_bias": (kv,)}
    if shape.has_head_norms:
        layer |= {"q_norm": (shape.head_size,), "k_norm": (shape.head_size,)}
    if shape.has_post_norms:
        layer |= {"post_attention_norm": (d,), "post_mlp_norm": (d,)}
    wanted: dict[str, tuple[int, ...]] = {"embedding": (shape.vocabulary, d), "final_norm": (d,)}
    wanted |= {f"{number}.{part}": size for number in range(shape.layers) for part, size in layer.items()}
    if "head" in weights:
        wanted["head"] = (shape.vocabulary, d)
    found = {key: value.shape for key, value in weights.items()}
    if found != wanted:
        wrong = sorted(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
        raise ModelError(
            f"{name} has tensors that do not fit its shape: {', '.join(wrong[:5])}.",
            next_step="pull or copy the model anew, or convert it again",
        )
