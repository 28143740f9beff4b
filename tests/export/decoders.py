"""Two-layer decoders with random weights, in transformers and as Upcall's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from upcall.edge_runtime.testing import BYTE_VOCABULARY_SIZE
from upcall.export.graph import joined
from upcall.export.reference import quiet_transformers
from upcall.export.source import Array, DecoderShape

_NAMES = {
    "input_layernorm.weight": "attention_norm",
    "self_attn.q_proj.weight": "q",
    "self_attn.k_proj.weight": "k",
    "self_attn.v_proj.weight": "v",
    "self_attn.q_proj.bias": "q_bias",
    "self_attn.k_proj.bias": "k_bias",
    "self_attn.v_proj.bias": "v_bias",
    "self_attn.o_proj.weight": "o",
    "post_attention_layernorm.weight": "mlp_norm",
    "mlp.gate_proj.weight": "gate",
    "mlp.up_proj.weight": "up",
    "mlp.down_proj.weight": "down",
    "embed_tokens.weight": "embedding",
    "norm.weight": "final_norm",
    "lm_head.weight": "head",
}


def tiny_shape(architecture: str, *, context: int) -> DecoderShape:
    return DecoderShape(
        architecture=architecture,
        layers=2,
        hidden=64,
        intermediate=96,
        heads=4,
        kv_heads=2,
        head_size=16,
        vocabulary=BYTE_VOCABULARY_SIZE,
        context=context,
        rope_base=10_000.0,
        norm_epsilon=1e-5,
    )


def theirs(shape: DecoderShape, *, tied: bool, cache: Path) -> Any:
    """A model of transformers with random weights, norms and biases included."""
    import torch

    transformers = quiet_transformers(cache)
    config_class, model_class = {
        "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM),
        "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM),
    }[shape.architecture]
    config = config_class(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        max_position_embeddings=shape.context,
        rope_theta=shape.rope_base,
        rms_norm_eps=shape.norm_epsilon,
        tie_word_embeddings=tied,
    )
    config._attn_implementation = "eager"
    torch.manual_seed(0)
    model = model_class(config).eval()
    for name, parameter in model.named_parameters():
        is_norm = "norm" in name
        random = torch.randn_like(parameter) / parameter.shape[-1] ** 0.5
        parameter.data = random + 1 if is_norm else random
    return model


def ours(model: Any, shape: DecoderShape, *, tied: bool) -> dict[str, Array]:
    """Its weights, by Upcall's names, joined."""
    weights = {}
    for full, value in model.state_dict().items():
        name = full.removeprefix("model.")
        if name.startswith("layers."):
            _, layer, part = name.split(".", 2)
            weights[f"{layer}.{_NAMES[part]}"] = value.numpy().copy()
        elif not (tied and _NAMES[name] == "head"):
            weights[_NAMES[name]] = value.numpy().copy()
    return joined(weights, shape)
