"""Tiny models with random weights, saved by transformers as a folder."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tokenizers
import torch
import transformers
from tokenizers.pre_tokenizers import ByteLevel

from tests.export.conftest import CHAT_TEMPLATE, CONTEXT, HEADS, HIDDEN, INTERMEDIATE, KV_HEADS, LAYERS, MERGES, SPECIAL

VOCABULARY = 272  # three rows of the embedding are padding
LLAMA3_SCALING = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
WINDOW = 16
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", {"rope_theta": 10_000.0, "tie_word_embeddings": True}),
    "llama3": ("Llama", {"rope_theta": 500_000.0, "rope_scaling": LLAMA3_SCALING}),
    "qwen2": ("Qwen2", {"tie_word_embeddings": True}),
    "qwen3": ("Qwen3", {"head_dim": 32}),
    "gemma3": (
        "Gemma3",
        {
            "head_dim": 32,
            "query_pre_attn_scalar": 24,
            "sliding_window": WINDOW,
            "sliding_window_pattern": 2,  # a local layer, then a global one
            "rope_theta": 1_000_000.0,
            "rope_local_base_freq": 10_000.0,
        },
    ),
}


def write_folder(
    path: Path,
    family: str,
    *,
    dtype: torch.dtype = torch.float32,
    changes: Mapping[str, Any] = MappingProxyType({}),
    **saving: Any,
) -> Path:
    """A model whose every weight is random, so that none can be taken for another.

    Args:
        path: of the new folder.
        family: of FAMILIES.
        dtype: of the saved weights.
        changes: to the configuration.
        saving: options of ``save_pretrained``, such as ``max_shard_size``.
    """
    name, extra = FAMILIES[family]
    config_kind = transformers.Gemma3TextConfig if name == "Gemma3" else getattr(transformers, f"{name}Config")
    usual = {
        "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN,
        "intermediate_size": INTERMEDIATE,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "max_position_embeddings": CONTEXT,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": None,
    }
    config = config_kind(**(usual | extra | dict(changes)))
    torch.manual_seed(0)
    model = getattr(transformers, f"{name}ForCausalLM")(config)
    for tensor, parameter in model.named_parameters():
        if parameter.ndim == 1:
            is_factor = name != "Gemma3" and tensor.endswith("norm.weight")
            parameter.data = torch.randn_like(parameter) * 0.3 + float(is_factor)
        else:
            parameter.data = torch.randn_like(parameter) / math.sqrt(parameter.shape[-1])
    model.to(dtype).save_pretrained(path, **saving)
    write_tokenizer(path)
    return path


def write_tokenizer(folder: Path, *, more_special: tuple[str, ...] = ()) -> None:
    """Byte-level BPE of 269 tokens, its configuration and chat template."""
    words = [*SPECIAL, *sorted(ByteLevel.alphabet()), *(merge.replace(" ", "") for merge in MERGES)]
    pairs = [tuple(merge.split(" ")) for merge in MERGES]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=pairs))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens([*SPECIAL, *more_special])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"eos_token": "<|im_end|>", "bos_token": {"content": "<|im_start|>"}, "chat_template": CHAT_TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
