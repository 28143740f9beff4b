"""The header of a GGUF file: whether it holds a chat model, and what a context of it costs.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from upcall.edge_runtime.errors import ModelError

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_WHOLE = "BbHhIiQq"
_STRING, _ARRAY = 8, 9
_VERSIONS = (2, 3)
_MAX_ENTRIES = 4096  # of the header; models have about 40
_MAX_KEPT = 4096  # numbers of an array that is kept; longer ones are vocabularies
_MAX_DEPTH = 4  # of arrays in arrays
_CACHE_BYTES = 2  # llama.cpp keeps keys and values as 16-bit floats
# Architectures that make vectors, or text of sound and pictures only.
_NO_CHAT = ("bert", "clip", "embedding", "encoder", "wavtokenizer", "whisper")

Value = int | float | bool | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GgufModel:
    """A chat model in a GGUF file.

    Args:
        path: of the file.
        size_bytes: of the file.
        context_length: tokens for which the model was made; None where the file does not say.
        cache_bytes_per_token: of keys and values, as a lower bound; 0 where the file does not say enough.
    """

    path: Path
    size_bytes: int
    context_length: int | None
    cache_bytes_per_token: int


def read_chat_model(path: Path) -> GgufModel:
    """Read what stands before the weights.

    Raises:
        ModelError: the file cannot be read, or is not a chat model.
    """
    try:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            size_bytes, values = len(data), _Header(data).values()
    except OSError as error:
        raise ModelError(
            f"The model file {path} cannot be read ({error.strerror}).", next_step="check the file and who may read it"
        ) from None
    except (ValueError, OverflowError, struct.error):
        raise _no_chat_model(path, "it is no whole GGUF file") from None
    architecture = values.get("general.architecture")
    if not isinstance(architecture, str):
        raise _no_chat_model(path, "it names no architecture")
    if any(part in architecture for part in _NO_CHAT):
        raise _no_chat_model(path, "its architecture does not answer in text")
    if values.get(f"{architecture}.attention.causal") is False or values.get(f"{architecture}.pooling_type"):
        raise _no_chat_model(path, "it makes vectors, not text")
    if not values.get("tokenizer.chat_template"):
        raise _no_chat_model(path, "it has no chat template")
    return GgufModel(
        path=path,
        size_bytes=size_bytes,
        context_length=_number(values.get(f"{architecture}.context_length")) or None,
        cache_bytes_per_token=_cache_bytes(values, architecture),
    )


def _no_chat_model(path: Path, why: str) -> ModelError:
    return ModelError(
        f"{path} is not a chat model: {why}.",
        allowed="a GGUF file of a model that chats, with its chat template",
        next_step="give another file, or pull a model again with: upcall pull NAME",
    )


def _cache_bytes(values: dict[str, Value], architecture: str) -> int:
    """Bytes of keys and values for each token of a context.

    A lower bound: models that forget (sliding windows, states) or share keys (latent attention) count as free.
    """

    def of(name: str) -> Value | None:
        return values.get(f"{architecture}.{name}")

    if any(of(name) for name in ("attention.sliding_window", "attention.kv_lora_rank", "ssm.state_size")):
        return 0
    layers, heads = _number(of("block_count")), _number(of("attention.head_count"))
    key_heads = of("attention.head_count_kv") or of("attention.head_count")
    by_layer = key_heads if isinstance(key_heads, tuple) else (_number(key_heads),) * min(layers, _MAX_KEPT)
    width = _number(of("embedding_length")) // heads if heads else 0
    keys = _number(of("attention.key_length")) or width
    return sum(by_layer) * (keys + (_number(of("attention.value_length")) or width)) * _CACHE_BYTES


def _number(value: Value | None) -> int:
    return int(value) if isinstance(value, int | float) else 0


class _Header:
    """Reads the keys and values of a header. Nothing in the file makes it read beyond the file or keep a vocabulary."""

    def __init__(self, data: mmap) -> None:
        self._data = data
        self._at = 0

    def values(self) -> dict[str, Value]:
        """All scalars, texts and short arrays of whole numbers, by key.

        Raises:
            ValueError: it is no GGUF header.
            struct.error: it is cut off.
        """
        if self._data[:4] != b"GGUF":
            raise ValueError("no GGUF file")
        self._at = 4
        version, _, count = self._unpack("I"), self._unpack("Q"), self._unpack("Q")
        if version not in _VERSIONS or count > _MAX_ENTRIES:
            raise ValueError("another format")
        found: dict[str, Value] = {}
        for _ in range(count):
            key = self._text()
            value = self._value(self._unpack("I"))
            if value is not None:
                found[key] = value
        return found

    def _value(self, kind: int) -> Value | None:
        if kind == _STRING:
            return self._text()
        if kind == _ARRAY:
            return self._array(_MAX_DEPTH)
        scalar: int | float | bool = self._unpack(_letter(kind))
        return scalar

    def _array(self, depth: int) -> tuple[int, ...] | None:
        """Short arrays of whole numbers; others are skipped."""
        kind, count = self._unpack("I"), self._unpack("Q")
        if kind == _STRING:
            self._skip_texts(count)
            return None
        if kind == _ARRAY:
            if not depth:
                raise ValueError("arrays in arrays in arrays")
            for _ in range(count):
                self._array(depth - 1)
            return None
        letter = _letter(kind)
        size = count * struct.calcsize(f"<{letter}")
        numbers = None
        if count <= _MAX_KEPT and letter in _WHOLE:
            numbers = struct.unpack_from(f"<{count}{letter}", self._data, self._at)
        self._at += size
        return numbers

    def _skip_texts(self, count: int) -> None:
        """Step over a vocabulary: it has 100,000 entries and more, so this loop does as little as it can."""
        length_at, data, at = struct.Struct("<Q").unpack_from, self._data, self._at
        for _ in range(count):
            at += 8 + length_at(data, at)[0]
        self._at = at

    def _unpack(self, letter: str) -> Any:
        value = struct.unpack_from(f"<{letter}", self._data, self._at)[0]
        self._at += struct.calcsize(f"<{letter}")
        return value

    def _text(self) -> str:
        length = self._unpack("Q")
        if length > len(self._data) - self._at:
            raise ValueError("cut off")
        self._at += length
        return self._data[self._at - length : self._at].decode(errors="replace")


def _letter(kind: int) -> str:
    letter = _SCALARS.get(kind)
    if letter is None:
        raise ValueError("unknown type of value")
    return letter
