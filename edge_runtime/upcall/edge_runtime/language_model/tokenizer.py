"""Text to token ids and back, from a bundle's ``tokenizer.json``, without a network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import tokenizers
from tokenizers.decoders import DecodeStream

from upcall.edge_runtime.errors import BundleError
from upcall.edge_runtime.language_model.chat_template import Piece


class Tokenizer:
    """Encodes rendered conversations. Special tokens are recognised in template pieces only, so that no message can forge one.

    Raises:
        BundleError: the file is not a tokenizer.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the binding raises bare Exception for any broken file
            raise BundleError(
                f"{path} is not a readable tokenizer.", next_step="export the bundle again or copy it anew"
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True
        added = self._tokenizer.get_added_tokens_decoder()
        self._special_ids = {token.content: token_id for token_id, token in added.items() if token.special}
        longest_first = sorted(self._special_ids, key=len, reverse=True)
        self._special_pattern = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")") if added else None

    @property
    def vocabulary_size(self) -> int:
        """Ids run from 0 to this, exclusive."""
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def encode(self, pieces: Sequence[Piece]) -> list[int]:
        """Token ids of a rendered conversation. Text between two special tokens is encoded as one string."""
        ids: list[int] = []
        pending = ""
        for piece in pieces:
            if not piece.is_template or self._special_pattern is None:
                pending += piece.text
                continue
            for part in self._special_pattern.split(piece.text):
                if part in self._special_ids:
                    ids += self._encode_text(pending)
                    ids.append(self._special_ids[part])
                    pending = ""
                else:
                    pending += part
        return ids + self._encode_text(pending)

    def stream(self) -> TextStream:
        """A fresh decoder for one answer."""
        return TextStream(self._tokenizer)

    def _encode_text(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids) if text else []


class TextStream:
    """Turns ids into text as they come, and never cuts a character in two. Special tokens give no text."""

    def __init__(self, tokenizer: tokenizers.Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._stream = DecodeStream(skip_special_tokens=True)
        self._pending: list[int] = []  # since the last text

    def push(self, token_id: int) -> str:
        """The text that has become certain, often one word, sometimes nothing."""
        self._pending.append(token_id)
        try:
            text = self._stream.step(self._tokenizer, token_id) or ""
        except Exception:  # bare, of the binding: a byte spoils a run whose beginning was given as text already
            self._stream = DecodeStream(skip_special_tokens=True)
            text = "".join(self._stream.step(self._tokenizer, pending) or "" for pending in self._pending)
        if text:
            self._pending = []
        return text

    def finish(self) -> str:
        """What is left: bytes that never became a character, as U+FFFD."""
        return str(self._tokenizer.decode(self._pending, skip_special_tokens=True))
