"""The tokenizer from a GGUF file's own fields, so that it agrees with llama.cpp on every string.

transformers' conversion ignores ``tokenizer.ggml.pre``: numbers then split otherwise than in training.
"""

from __future__ import annotations

from typing import Any

from upcall.edge_runtime.errors import ModelError, require
from upcall.export.source import TokenizerFields

_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
PRE_TOKENIZERS = ("smollm", "qwen2")
_CONTROL = 3
_USER_DEFINED = 4
_END_OF_TURN = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>")


def build_tokenizer(fields: TokenizerFields) -> Any:
    """A ``tokenizers.Tokenizer`` without normaliser or post-processor; byte-level BPE.

    Raises:
        ModelError: another algorithm or pre-tokenizer, a tokenizer that adds a BOS token, or broken merges.
    """
    if fields.model != "gpt2" or fields.pre not in PRE_TOKENIZERS:
        raise ModelError(
            f"The model's tokenizer is '{fields.model}' with pre-tokenizer '{fields.pre}'.",
            allowed=f"gpt2 (byte-level BPE) with {' or '.join(PRE_TOKENIZERS)}",
        )
    if fields.add_bos:
        raise ModelError("The model's tokenizer adds a BOS token to every text.", allowed="one that adds none")
    tokenizers = require("tokenizers", extra="export")
    merges = [tuple(merge.split(" ")) for merge in fields.merges]
    vocabulary = {token: number for number, token in enumerate(fields.tokens)}
    try:
        tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=merges, byte_fallback=False))
    except Exception as error:  # the binding raises bare Exception
        raise ModelError(
            "The model's tokenizer is damaged: its merges do not fit its tokens.",
            next_step="pull the model again with --verify, or copy it anew",
        ) from error
    tokenizer.pre_tokenizer = _pre_tokenizer(tokenizers, fields.pre)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    for kind, special in ((_CONTROL, True), (_USER_DEFINED, False)):
        tokens = [token for token, own in zip(fields.tokens, fields.token_types, strict=True) if own == kind]
        added = [tokenizers.AddedToken(token, special=special, normalized=False) for token in tokens]
        (tokenizer.add_special_tokens if special else tokenizer.add_tokens)(added)
    return tokenizer


def _pre_tokenizer(tokenizers: Any, pre: str) -> Any:
    kinds = tokenizers.pre_tokenizers
    if pre == "smollm":
        steps = [kinds.Digits(individual_digits=True), kinds.ByteLevel(add_prefix_space=False, use_regex=True)]
    else:
        split = kinds.Split(tokenizers.Regex(_QWEN2), behavior="isolated")
        steps = [split, kinds.ByteLevel(add_prefix_space=False, use_regex=False)]
    return kinds.Sequence(steps)


def stop_token_ids(fields: TokenizerFields) -> tuple[int, ...]:
    """The end-of-text id and every control token that ends a turn, rising."""
    ends = {
        number
        for number, (token, kind) in enumerate(zip(fields.tokens, fields.token_types, strict=True))
        if token in _END_OF_TURN and kind == _CONTROL
    }
    return tuple(sorted(ends | {fields.eos_id}))
