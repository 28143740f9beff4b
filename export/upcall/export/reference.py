"""The same weights in PyTorch, run by transformers: what the graph is measured against."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.engine import Step
from upcall.edge_runtime.errors import require
from upcall.export.source import DecoderShape, SourceModel

_CLASSES = {"llama": ("LlamaConfig", "LlamaForCausalLM"), "qwen2": ("Qwen2Config", "Qwen2ForCausalLM")}
_NAMES = {
    "attention_norm": "input_layernorm.weight",
    "q": "self_attn.q_proj.weight",
    "k": "self_attn.k_proj.weight",
    "v": "self_attn.v_proj.weight",
    "q_bias": "self_attn.q_proj.bias",
    "k_bias": "self_attn.k_proj.bias",
    "v_bias": "self_attn.v_proj.bias",
    "o": "self_attn.o_proj.weight",
    "mlp_norm": "post_attention_layernorm.weight",
    "gate": "mlp.gate_proj.weight",
    "up": "mlp.up_proj.weight",
    "down": "mlp.down_proj.weight",
    "embedding": "model.embed_tokens.weight",
    "final_norm": "model.norm.weight",
    "head": "lm_head.weight",
}


def quiet_transformers(cache: Path) -> Any:
    """Import transformers so that it asks no network, keeps its files under ``cache`` and prints nothing."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HOME"] = str(cache)
    transformers = require("transformers", extra="export")
    transformers.logging.set_verbosity_error()  # it advises on options that are set on purpose
    return transformers


class Reference:
    """The decoder in float32, eager attention, no cache: every call computes all tokens.

    Args:
        source: its weights are shared, not copied.
        cache: folder for whatever transformers would write.
    """

    def __init__(self, source: SourceModel, *, cache: Path) -> None:
        transformers = quiet_transformers(cache)
        self._torch = require("torch", extra="export")
        self._middle = source.shape.middle_layer
        config_name, model_name = _CLASSES[source.shape.architecture]
        config = getattr(transformers, config_name)(**_config(source.shape, tied="head" not in source.weights))
        config._attn_implementation = "eager"
        with transformers.modeling_utils.no_init_weights():
            self._model = getattr(transformers, model_name)(config).eval()
        state = {_state_name(name): self._torch.from_numpy(weight) for name, weight in source.weights.items()}
        missing, unexpected = self._model.load_state_dict(state, strict=False, assign=True)
        self._model.tie_weights()
        assert not unexpected, unexpected
        assert set(missing) <= {"lm_head.weight"}, missing

    def step(self, tokens: Sequence[int]) -> Step:
        """What one forward pass over all tokens gives, by the definition of the graph's outputs."""
        with self._torch.inference_mode():
            output = self._model.model(self._torch.tensor([list(tokens)]), output_hidden_states=True, use_cache=False)
            normal = output.last_hidden_state[0]
            logits = self._model.lm_head(normal[-1])
            middle = output.hidden_states[self._middle][0, -1]
        return Step(
            logits=logits.numpy(),
            hidden_last=normal[-1].numpy(),
            hidden_sum=normal.sum(dim=0).numpy(),
            hidden_mid=middle.numpy(),
        )

    def all_logits(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """[T, V] float32: the logits after every token."""
        with self._torch.inference_mode():
            logits = self._model(self._torch.tensor([list(tokens)]), use_cache=False).logits
        return np.asarray(logits[0].numpy())


def _config(shape: DecoderShape, *, tied: bool) -> dict[str, Any]:
    return {
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "max_position_embeddings": shape.context,
        "rope_theta": shape.rope_base,
        "rms_norm_eps": shape.norm_epsilon,
        "tie_word_embeddings": tied,
    }


def _state_name(name: str) -> str:
    layer, _, part = name.rpartition(".")
    return f"model.layers.{layer}.{_NAMES[part]}" if layer else _NAMES[part]
