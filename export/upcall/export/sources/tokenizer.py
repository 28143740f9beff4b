"""The tokenizer as the model's files say: a ``tokenizer.json``, or a GGUF file's own fields.

From the fields it agrees with llama.cpp on every string; transformers' conversion ignores ``tokenizer.ggml.pre``, and numbers
then split otherwise than in training.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from upcall.edge_runtime.errors import ModelError, require
from upcall.export.sources.model import TokenizerFields, TokenizerFile

_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
PRE_TOKENIZERS = ("smollm", "qwen2")
_CONTROL = 3
_USER_DEFINED = 4
_END_OF_TURN = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<end_of_turn>")
_LEAST_USE = 0.9  # embeddings are padded to round sizes, by far less than a tenth


def build_tokenizer(given: TokenizerFields | TokenizerFile) -> Any:
    """A ``tokenizers.Tokenizer``.

    Raises:
        ModelError: it cannot be built, or is of another model.
    """
    return _from_file(given) if isinstance(given, TokenizerFile) else _from_fields(given)


def _from_file(given: TokenizerFile) -> Any:
    """The tokenizer as its file describes it, without special tokens beyond the vocabulary.

    Gemma 3's text models keep one such token, for pictures.
    """
    tokenizers = require("tokenizers", extra="export")
    try:
        content = json.loads(given.path.read_text(encoding="utf-8"))
        added = content.get("added_tokens", [])
        content["added_tokens"] = [
            token for token in added if token["id"] < given.vocabulary or not token.get("special", False)
        ]
        tokenizer = tokenizers.Tokenizer.from_str(json.dumps(content, ensure_ascii=False))
    except Exception as error:  # the binding raises bare Exception; the rest is JSON of another kind
        raise ModelError(
            f"{given.path} is not a readable tokenizer.", next_step="copy or download the model anew"
        ) from error
    highest = max(tokenizer.get_vocab(with_added_tokens=True).values(), default=-1)
    if not _LEAST_USE * given.vocabulary <= highest + 1 <= given.vocabulary:
        raise ModelError(
            f"{given.path.name} is the tokenizer of another model: its ids run to {highest:,}.",
            allowed=f"to {given.vocabulary - 1:,}, the last row of the embedding, or little less",
            next_step="copy or download the model anew",
        )
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _from_fields(fields: TokenizerFields) -> Any:
    """Without normaliser or post-processor; byte-level BPE.

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
    if not len(fields.tokens) == len(fields.token_types) == len(set(fields.tokens)) > 0:
        raise ModelError(
            f"The model's tokenizer is damaged: {len(fields.tokens):,} tokens, {len(set(fields.tokens)):,} of them different, "
            f"and {len(fields.token_types):,} kinds of tokens.",
            allowed="as many of each, one or more",
            next_step="pull the model again with --verify, or copy it anew",
        )
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


def save_tokenizer(tokenizer: Any, path: Path) -> None:
    """Write tokenizer.json, as small as it goes: not laid out, merges as ``a b`` where no piece holds a space."""
    data = json.loads(tokenizer.to_str())
    merges = data["model"].get("merges", [])
    if not any(" " in piece for merge in merges for piece in merge):
        data["model"]["merges"] = [" ".join(merge) for merge in merges]
    path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def stop_token_ids(given: TokenizerFields | TokenizerFile, tokenizer: Any) -> tuple[int, ...]:
    """The ids that end a generation by the model's own word, and every special token that ends a turn, rising.

    Args:
        given: what ``build_tokenizer`` was given.
        tokenizer: what it made.

    Raises:
        ModelError: there is none.
    """
    special = {token.content: number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    ends = {special[token] for token in _END_OF_TURN if token in special}
    if isinstance(given, TokenizerFile):
        eos = tokenizer.token_to_id(given.special.get("eos_token", ""))
        ends |= {*given.end_ids, *([] if eos is None else [eos])}
    else:
        ends.add(given.eos_id)
    if not ends or max(ends) >= tokenizer.get_vocab_size(with_added_tokens=True):
        raise ModelError(
            f"The model names no token that ends an answer, or one that it does not have: {sorted(ends)}.",
            allowed="eos_token_id in config.json or generation_config.json",
            next_step="copy or download the model anew",
        )
    return tuple(sorted(ends))
