"""Decoders by the ``config.json`` that transformers writes: their shape, and the names of their tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from upcall.edge_runtime.errors import ModelError
from upcall.export.sources.model import ARCHITECTURES, MAX_CONTEXT, DecoderShape, RopeScaling

_TOP = {"model.embed_tokens.weight": "embedding", "model.norm.weight": "final_norm", "lm_head.weight": "head"}
_LAYER = {
    "input_layernorm.weight": "attention_norm",
    "self_attn.q_proj.weight": "q",
    "self_attn.k_proj.weight": "k",
    "self_attn.v_proj.weight": "v",
    "self_attn.q_proj.bias": "q_bias",
    "self_attn.k_proj.bias": "k_bias",
    "self_attn.v_proj.bias": "v_bias",
    "self_attn.q_norm.weight": "q_norm",
    "self_attn.k_norm.weight": "k_norm",
    "self_attn.o_proj.weight": "o",
    "post_attention_layernorm.weight": "mlp_norm",
    "mlp.gate_proj.weight": "gate",
    "mlp.up_proj.weight": "up",
    "mlp.down_proj.weight": "down",
}
_GEMMA_LAYER = _LAYER | {
    "post_attention_layernorm.weight": "post_attention_norm",
    "pre_feedforward_layernorm.weight": "mlp_norm",
    "post_feedforward_layernorm.weight": "post_mlp_norm",
}
_PREFIX = "model.layers."
# Features that change the mathematics and that the graph does not have: field → what it must be.
_REFUSED: dict[str, tuple[object, ...]] = {
    "attention_bias": (None, False),
    "mlp_bias": (None, False),
    "partial_rotary_factor": (None, 1.0),
    "use_sliding_window": (None, False),
    "attn_logit_softcapping": (None,),
    "final_logit_softcapping": (None,),
    "use_bidirectional_attention": (None, False),
    "quantization_config": (None,),
}


def weight_name(tensor: str, architecture: str) -> str | None:
    """The exporter's name of a tensor, None for one that it does not know."""
    if tensor in _TOP:
        return _TOP[tensor]
    layer, _, part = tensor.removeprefix(_PREFIX).partition(".")
    known = (_GEMMA_LAYER if architecture == "gemma3_text" else _LAYER).get(part)
    return f"{int(layer)}.{known}" if tensor.startswith(_PREFIX) and layer.isdecimal() and known else None


def tensor_name(weight: str) -> str:
    """The inverse of ``weight_name`` for all but Gemma 3."""
    layer, _, part = weight.rpartition(".")
    names = {own: tensor for tensor, own in (_LAYER if layer else _TOP).items()}
    return f"{_PREFIX}{layer}.{names[part]}" if layer else names[part]


def shape_from_config(config: Mapping[str, Any]) -> DecoderShape:
    """The shape of a decoder.

    Raises:
        ModelError: another architecture, a feature that the graph does not have, or a field that is missing or absurd.
    """
    architecture = str(config.get("model_type"))
    if architecture not in ARCHITECTURES:
        raise ModelError(f"The model's architecture is '{architecture}'.", allowed=", ".join(ARCHITECTURES))
    for field, allowed in _REFUSED.items():
        if config.get(field) not in allowed:
            raise ModelError(
                f"The model's configuration has {field} = {str(config[field])[:80]}.",
                allowed=f"models of {', '.join(ARCHITECTURES)} without it",
                next_step="export another model",
            )
    is_gemma = architecture == "gemma3_text"
    activation = config.get("hidden_activation" if is_gemma else "hidden_act", "")
    wanted = "gelu_pytorch_tanh" if is_gemma else "silu"
    if activation != wanted:
        raise ModelError(f"The model's MLP has the activation '{activation}'.", allowed=wanted)
    heads, hidden = _number(config, "num_attention_heads"), _number(config, "hidden_size")
    extra: dict[str, Any] = _gemma(config) if is_gemma else {}
    return DecoderShape(
        architecture=architecture,
        layers=_number(config, "num_hidden_layers"),
        hidden=hidden,
        intermediate=_number(config, "intermediate_size"),
        heads=heads,
        kv_heads=_number(config, "num_key_value_heads", heads),
        head_size=_number(config, "head_dim", hidden // heads),
        vocabulary=_number(config, "vocab_size"),
        context=min(_number(config, "max_position_embeddings"), MAX_CONTEXT),
        rope_base=float(config.get("rope_theta", 10_000.0)),
        norm_epsilon=float(config.get("rms_norm_eps", 1e-6)),
        rope_scaling=_scaling(config.get("rope_scaling")),
        has_qkv_bias=architecture == "qwen2",
        has_head_norms=architecture in ("qwen3", "gemma3_text"),
        **extra,
    )


def _number(config: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = config.get(name)
    value = default if value is None else value
    if not isinstance(value, int) or value < 1:
        raise ModelError(
            f"The model's configuration has {name} = {value}.",
            allowed="a whole number above 0",
            next_step="copy the model anew",
        )
    return value


def _scaling(given: Any) -> RopeScaling | None:
    if given is None:
        return None
    kind = given.get("rope_type", given.get("type"))
    if kind == "default":
        return None
    if kind != "llama3":
        raise ModelError(f"The model's rotary positions are scaled by '{kind}'.", allowed="llama3, or not at all")
    return RopeScaling(
        factor=float(given["factor"]),
        low=float(given["low_freq_factor"]),
        high=float(given["high_freq_factor"]),
        original_context=int(given["original_max_position_embeddings"]),
    )


def _gemma(config: Mapping[str, Any]) -> dict[str, Any]:
    layers = _number(config, "num_hidden_layers")
    kinds = config.get("layer_types")
    if kinds is None:  # older files say that every n-th layer is global
        pattern = _number(config, "sliding_window_pattern", 6)
        kinds = ["sliding_attention" if (layer + 1) % pattern else "full_attention" for layer in range(layers)]
    return {
        "has_post_norms": True,
        "is_gelu": True,
        "embedding_scale": math.sqrt(_number(config, "hidden_size")),
        "attention_scale": float(config["query_pre_attn_scalar"]) ** -0.5,
        "window": _number(config, "sliding_window"),
        "global_layers": tuple(layer for layer, kind in enumerate(kinds) if kind == "full_attention"),
        "local_rope_base": float(config["rope_local_base_freq"]),
    }
