"""Reading a GGUF file: shape, weights dequantised to float32, tokenizer fields and chat template."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from upcall.edge_runtime.errors import ModelError, require
from upcall.export.sources.model import (
    MAX_CONTEXT,
    Array,
    DecoderShape,
    SourceModel,
    TokenizerFields,
    check_finite,
    check_shape,
    check_weights,
)

GGUF_ARCHITECTURES = ("llama", "qwen2", "qwen3")

_TOP = {"token_embd.weight": "embedding", "output_norm.weight": "final_norm", "output.weight": "head"}
_LAYER = {
    "attn_norm.weight": "attention_norm",
    "attn_q.weight": "q",
    "attn_k.weight": "k",
    "attn_v.weight": "v",
    "attn_q.bias": "q_bias",
    "attn_k.bias": "k_bias",
    "attn_v.bias": "v_bias",
    "attn_q_norm.weight": "q_norm",
    "attn_k_norm.weight": "k_norm",
    "attn_output.weight": "o",
    "ffn_norm.weight": "mlp_norm",
    "ffn_gate.weight": "gate",
    "ffn_up.weight": "up",
    "ffn_down.weight": "down",
}


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
        check_shape(shape)
        tokenizer = _tokenizer(fields)
    except ModelError:
        raise
    except Exception as error:  # the reader raises whatever numpy and struct do on broken bytes
        raise ModelError(
            f"{path.name} is not a readable GGUF file.", next_step="pull it again with --verify, or copy it anew"
        ) from error
    weights = dict(_weights(gguf, reader, shape=shape, name=path.name)) if with_weights else {}
    if with_weights:
        check_weights(weights, shape=shape, name=path.name)
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
    if architecture not in GGUF_ARCHITECTURES:
        raise ModelError(f"The model's architecture is '{architecture}'.", allowed=", ".join(GGUF_ARCHITECTURES))

    def number(name: str, default: int | None = None) -> int:
        return int(fields.get(f"{architecture}.{name}", default))

    heads = number("attention.head_count")
    head_size = number("attention.key_length", number("embedding_length") // heads)
    rotary = number("rope.dimension_count", head_size)
    scaling = fields.get(f"{architecture}.rope.scaling.type", "none")
    if rotary != head_size or scaling != "none":
        raise ModelError(
            f"The model rotates {rotary} of {head_size} dimensions with scaling '{scaling}'.",
            allowed="all dimensions without scaling",
            next_step="export the model's safetensors folder",
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
        context=min(number("context_length"), MAX_CONTEXT),
        rope_base=float(fields.get(f"{architecture}.rope.freq_base", 10_000.0)),
        norm_epsilon=float(fields.get(f"{architecture}.attention.layer_norm_rms_epsilon")),
        has_qkv_bias=architecture == "qwen2",
        has_head_norms=architecture == "qwen3",
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
                allowed=f"plain models of {', '.join(GGUF_ARCHITECTURES)}",
                next_step="export the model's safetensors folder",
            )
        try:
            weight = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        except Exception as error:  # NotImplementedError for an exotic type, numpy's errors on broken bytes
            raise ModelError(
                f"The tensor '{tensor.name}' of {name} cannot be read as {tensor.tensor_type.name}.",
                next_step="pull it again with --verify, or use another quantisation of the model",
            ) from error
        check_finite(weight, tensor=tensor.name, name=name)
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
