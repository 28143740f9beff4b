"""Reading a GGUF file: shape, weights dequantised to float32, tokenizer fields and chat template."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import ModelError, require

Array = NDArray[np.float32]
Weights = dict[str, Array]

ARCHITECTURES = ("llama", "qwen2")

_TOP = {"token_embd.weight": "embedding", "output_norm.weight": "final_norm", "output.weight": "head"}
_LAYER = {
    "attn_norm.weight": "attention_norm",
    "attn_q.weight": "q",
    "attn_k.weight": "k",
    "attn_v.weight": "v",
    "attn_q.bias": "q_bias",
    "attn_k.bias": "k_bias",
    "attn_v.bias": "v_bias",
    "attn_output.weight": "o",
    "ffn_norm.weight": "mlp_norm",
    "ffn_gate.weight": "gate",
    "ffn_up.weight": "up",
    "ffn_down.weight": "down",
}


@dataclass(frozen=True, slots=True)
class DecoderShape:
    """A decoder with RMS norms, rotary positions, grouped-query attention and a gated SiLU MLP.

    Args:
        architecture: one of ARCHITECTURES.
        layers: L.
        hidden: D.
        intermediate: width of the MLP.
        heads: of the queries.
        kv_heads: H, of keys and values.
        head_size: D / heads.
        vocabulary: V.
        context: most tokens.
        rope_base: θ of the rotary positions.
        norm_epsilon: of the RMS norms.
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

    @property
    def middle_layer(self) -> int:
        """⌊3L/4⌋: the residual stream after this many layers is ``hidden_mid``."""
        return 3 * self.layers // 4


@dataclass(frozen=True, slots=True)
class TokenizerFields:
    """The file's own tokenizer.

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


@dataclass(frozen=True, slots=True)
class SourceModel:
    """What the file holds. Weights are named ``embedding``, ``final_norm``, ``head`` (absent where tied to the embedding) and
    ``N.NAME`` with NAME of ``attention_norm q k v o q_bias k_bias v_bias mlp_norm gate up down``; matrices are [out, in].
    """

    shape: DecoderShape
    tokenizer: TokenizerFields
    weights: Weights
    licence: str
    parameter_count: int


def read_gguf(path: Path, *, with_weights: bool = True) -> SourceModel:
    """Read a GGUF file; without its weights in a fraction of the time.

    Raises:
        ModelError: damaged, another architecture, or tensors that this exporter does not know.
    """
    gguf = require("gguf", extra="export")
    try:
        reader = gguf.GGUFReader(str(path))
        fields = _Fields(reader, path)
        shape = _shape(fields)
        tokenizer = _tokenizer(fields)
    except ModelError:
        raise
    except Exception as error:  # the reader raises whatever numpy and struct do on broken bytes
        raise ModelError(
            f"{path.name} is not a readable GGUF file.", next_step="pull it again with --verify, or copy it anew"
        ) from error
    weights = dict(_weights(gguf, reader, shape=shape, name=path.name)) if with_weights else {}
    if with_weights:
        _check_shapes(weights, shape=shape, name=path.name)
    return SourceModel(
        shape=shape,
        tokenizer=tokenizer,
        weights=weights,
        licence=str(fields.get("general.license", "")),
        parameter_count=sum(int(weight.size) for weight in weights.values()),
    )


class _Fields:
    """Metadata by name."""

    def __init__(self, reader: Any, path: Path) -> None:
        self._fields = reader.fields
        self._name = path.name

    def get(self, name: str, default: Any = None) -> Any:
        field = self._fields.get(name)
        if field is None:
            if default is None:
                raise ModelError(f"{self._name} has no field {name}.", next_step="convert the model again")
            return default
        return field.contents()

    def strings(self, name: str) -> list[str]:
        """Like ``get`` for an array of strings, ten times faster."""
        field = self._fields.get(name)
        if field is None:
            raise ModelError(f"{self._name} has no field {name}.", next_step="convert the model again")
        return [field.parts[index].tobytes().decode() for index in field.data]


def _shape(fields: _Fields) -> DecoderShape:
    architecture = str(fields.get("general.architecture"))
    if architecture not in ARCHITECTURES:
        raise ModelError(f"The model's architecture is '{architecture}'.", allowed=", ".join(ARCHITECTURES))

    def number(name: str, default: int | None = None) -> int:
        return int(fields.get(f"{architecture}.{name}", default))

    heads = number("attention.head_count")
    head_size = number("embedding_length") // heads
    rotary = number("rope.dimension_count", head_size)
    scaling = fields.get(f"{architecture}.rope.scaling.type", "none")
    if rotary != head_size or scaling != "none":
        raise ModelError(
            f"The model rotates {rotary} of {head_size} dimensions with scaling '{scaling}'.",
            allowed="all dimensions without scaling",
        )
    return DecoderShape(
        architecture=architecture,
        layers=number("block_count"),
        hidden=number("embedding_length"),
        intermediate=number("feed_forward_length"),
        heads=heads,
        kv_heads=number("attention.head_count_kv", heads),
        head_size=head_size,
        vocabulary=len(fields.strings("tokenizer.ggml.tokens")),
        context=number("context_length"),
        rope_base=float(fields.get(f"{architecture}.rope.freq_base", 10_000.0)),
        norm_epsilon=float(fields.get(f"{architecture}.attention.layer_norm_rms_epsilon")),
    )


def _tokenizer(fields: _Fields) -> TokenizerFields:
    return TokenizerFields(
        model=str(fields.get("tokenizer.ggml.model")),
        pre=str(fields.get("tokenizer.ggml.pre", "none")),
        tokens=fields.strings("tokenizer.ggml.tokens"),
        token_types=[int(number) for number in fields.get("tokenizer.ggml.token_type")],
        merges=fields.strings("tokenizer.ggml.merges"),
        eos_id=int(fields.get("tokenizer.ggml.eos_token_id")),
        add_bos=bool(fields.get("tokenizer.ggml.add_bos_token", False)),
        chat_template=str(fields.get("tokenizer.chat_template", "")),
    )


def _weights(gguf: Any, reader: Any, *, shape: DecoderShape, name: str) -> Iterator[tuple[str, Array]]:
    for tensor in reader.tensors:
        known = _weight_name(tensor.name)
        if known is None:
            raise ModelError(
                f"{name} has a tensor '{tensor.name}' that this exporter does not know.",
                allowed=f"plain models of {', '.join(ARCHITECTURES)}",
            )
        try:
            weight = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        except Exception as error:  # NotImplementedError for an exotic type, numpy's errors on broken bytes
            raise ModelError(
                f"The tensor '{tensor.name}' of {name} cannot be read as {tensor.tensor_type.name}.",
                next_step="pull it again with --verify, or use another quantisation of the model",
            ) from error
        weight = np.require(weight, dtype=np.float32, requirements=["C", "W"])  # torch shares it and wants it writable
        if shape.architecture == "llama" and known.endswith((".q", ".k")):
            weight = _unpermute(weight, heads=shape.heads if known.endswith(".q") else shape.kv_heads)
        yield known, weight


def _weight_name(tensor: str) -> str | None:
    if tensor in _TOP:
        return _TOP[tensor]
    block, _, rest = tensor.partition(".")
    layer, _, part = rest.partition(".")
    return f"{int(layer)}.{_LAYER[part]}" if block == "blk" and layer.isdecimal() and part in _LAYER else None


def _unpermute(weight: Array, *, heads: int) -> Array:
    """[heads · 2h, D], rotary pairs interleaved as llama.cpp stores them → halves, as everyone else rotates them."""
    pairs = weight.reshape(heads, -1, 2, weight.shape[-1])
    return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(weight.shape))


def _check_shapes(weights: Weights, *, shape: DecoderShape, name: str) -> None:
    d, m, kv = shape.hidden, shape.intermediate, shape.kv_heads * shape.head_size
    layer = {
        "attention_norm": (d,), "q": (d, d), "k": (kv, d), "v": (kv, d), "o": (d, d),
        "mlp_norm": (d,), "gate": (m, d), "up": (m, d), "down": (d, m),
    }  # fmt: skip
    if shape.architecture == "qwen2":
        layer |= {"q_bias": (d,), "k_bias": (kv,), "v_bias": (kv,)}
    wanted = {"embedding": (shape.vocabulary, d), "final_norm": (d,)}
    wanted |= {f"{number}.{part}": size for number in range(shape.layers) for part, size in layer.items()}
    if "head" in weights:
        wanted["head"] = (shape.vocabulary, d)
    found = {key: value.shape for key, value in weights.items()}
    if found != wanted:
        wrong = sorted(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
        raise ModelError(
            f"{name} has tensors that do not fit its shape: {', '.join(wrong[:5])}.",
            next_step="pull it again with --verify, or convert the model again",
        )
