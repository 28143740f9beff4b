"""Writes GGUF headers: models without a weight."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

Value = str | int | float | bool | Sequence[int] | Sequence[str]

CHAT: dict[str, Value] = {
    "general.architecture": "llama",
    "llama.block_count": 2,
    "llama.context_length": 8192,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "tokenizer.ggml.tokens": ["a", "b"],
    "tokenizer.chat_template": "{{ messages[0]['content'] }}",
}


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def written(value: Value) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + text(value)
    if value and isinstance(value[0], str):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(text(str(each)) for each in value)
    return struct.pack("<IIQ", 9, 4, len(value)) + b"".join(struct.pack("<I", each) for each in value)


def gguf(values: dict[str, Value]) -> bytes:
    entries = b"".join(text(key) + written(value) for key, value in values.items())
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(values)) + entries


def write_gguf(path: Path, **changes: Value | None) -> Path:
    """A chat model's header; keywords change it, with ``__`` for a dot, and None leaves a key out."""
    given = {name.replace("__", "."): value for name, value in changes.items()}
    path.write_bytes(gguf({key: value for key, value in (CHAT | given).items() if value is not None}))
    return path
