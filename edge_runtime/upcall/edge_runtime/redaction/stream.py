"""Restores an answer while it streams in."""

from __future__ import annotations

import re

from upcall.edge_runtime.errors import check_type
from upcall.edge_runtime.redaction.escapes import escape
from upcall.edge_runtime.redaction.placeholders import (
    LONGEST_ALTERED,
    altered_placeholders,
    find_placeholders,
    is_word,
    unfinished_from,
)
from upcall.edge_runtime.redaction.vault import Vault


class StreamRestorer:
    """Restores a text that comes in chunks: joined, the output is ``vault.restore`` of the whole, however it was split.

    It holds back only the end that can still become a placeholder, at most LONGEST_PLACEHOLDER characters.

    Args:
        vault: of the conversation.

    Vectors: proto/vectors/restore.json
    """

    def __init__(self, vault: Vault) -> None:
        check_type("The vault", vault, Vault)
        self._vault = vault
        self._held = ""
        self._in_word = False  # what was let go ends in a part of a word
        self._restored = 0
        self._altered = 0
        self._told = ""  # the end of what was let go, in which an altered placeholder may have begun

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._held)} characters held)"

    @property
    def restored_count(self) -> int:
        """Placeholders replaced so far."""
        return self._restored

    @property
    def altered_count(self) -> int:
        """Texts so far that carry the vault's nonce as a placeholder does, and are none of it: altered on the way."""
        return self._altered

    def is_unknown(self, minted: str) -> bool:
        """Whether a placeholder has the vault's nonce and does not belong to it, so that the vault may have grown."""
        return minted.endswith(f"_{self._vault.nonce}]]") and not self._vault.is_minted(minted)

    def take(self, vault: Vault) -> None:
        """Go on with a newer state of the vault."""
        self._vault = vault

    def feed(self, chunk: str) -> str:
        """Take the next chunk; return what is certain by now, possibly nothing."""
        check_type("The chunk", chunk, str)
        text = self._held + chunk
        restored, position = self._restore(text, self._border(text))
        self._held = text[position:]
        if position:
            self._in_word = is_word(text[position - 1])
        self._count_altered(restored)
        return restored

    def flush(self) -> str:
        """The text is over: return what was held back. The restorer can then take another text."""
        restored, _ = self._restore(self._held, len(self._held))
        self._held, self._in_word = "", False
        self._count_altered(restored)
        self._told = ""
        return restored

    def _count_altered(self, restored: str) -> None:
        text = self._told + restored
        found = [end for end in altered_placeholders(text, self._vault.nonce) if end > len(self._told)]
        self._altered += len(found)
        self._told = text[max(found, default=0) :][-LONGEST_ALTERED:]

    def _border(self, text: str) -> int:
        """Where what must wait begins."""
        return unfinished_from(text, in_word=self._in_word)

    def _restore(self, text: str, border: int) -> tuple[str, int]:
        """The text up to the border, restored, and where it ends by now."""
        restored, count = self._vault.restore_counted(text[:border], in_word=self._in_word)
        self._restored += count
        return restored, border


_MARK = re.compile(r'[\\"{}\[\],:]')  # what moves a reader of JSON


class JsonStreamRestorer(StreamRestorer):
    r"""Restores JSON that comes in chunks, such as the arguments of a tool call, so that it stays valid JSON.

    In a string a value is escaped (``"`` becomes ``\"``, a line feed ``\n``). What was masked as a bare number is one again
    where its placeholder is a whole string and no key. A placeholder outside a string becomes a string, or a number.

    It holds back at most LONGEST_PLACEHOLDER + 1 characters.

    Vectors: proto/vectors/restore.json
    """

    def __init__(self, vault: Vault) -> None:
        super().__init__(vault)
        self._in_string = False
        self._is_escaped = False
        self._open: list[str] = []  # the braces and brackets around what comes next
        self._is_key_due = False

    def flush(self) -> str:
        """The text is over: return what was held back. The restorer can then take another text."""
        rest = super().flush()
        self._in_string = self._is_escaped = self._is_key_due = False
        self._open.clear()
        return rest

    def _border(self, text: str) -> int:
        border = unfinished_from(text, in_word=self._in_word)
        # A placeholder may be a whole string: so its quotes, before and after, are looked at together with it.
        for start, end, _ in find_placeholders(text, in_word=self._in_word):
            if end == len(text):
                border = min(border, start)
        return border - 1 if text[:border].endswith('"') else border

    def _restore(self, text: str, border: int) -> tuple[str, int]:
        pieces: list[str] = []
        position = 0
        for start, end, found in find_placeholders(text, in_word=self._in_word):
            entry = self._vault.entry(found)
            if start >= border:
                break
            if entry is None:
                continue
            before = text[position:start]
            is_opened = self._opens(before)
            position = end
            self._restored += 1
            if not self._in_string:
                is_number = entry.is_number and not self._is_key_due
                pieces += [before, entry.value if is_number else f'"{escape(entry.value)}"']
            elif entry.is_number and not self._is_key_due and is_opened and text.startswith('"', end):
                pieces += [before[:-1], entry.value]
                position += 1
                self._in_string = False
            else:
                pieces += [before, escape(entry.value)]
        border = max(border, position)
        self._read(text[position:border])
        return "".join([*pieces, text[position:border]]), border

    def _opens(self, text: str) -> bool:
        """Read a text, and say whether its last character opens a string."""
        self._read(text[:-1])
        was_in_string = self._in_string
        self._read(text[-1:])
        self._is_escaped = False  # what follows is a placeholder, which begins no escape
        return self._in_string and not was_in_string

    def _read(self, text: str) -> None:
        position = 0
        if text and self._is_escaped:
            position, self._is_escaped = 1, False
        while mark := _MARK.search(text, position):
            position = mark.end()
            if mark.group() == '"':
                self._in_string = not self._in_string
            elif self._in_string:
                if mark.group() == "\\":
                    position += 1
                    self._is_escaped = position > len(text)
            elif mark.group() in "{[":
                self._open.append(mark.group())
                self._is_key_due = mark.group() == "{"
            elif mark.group() in "}]":
                del self._open[-1:]
                self._is_key_due = False
            elif mark.group() != "\\":
                self._is_key_due = mark.group() == "," and self._open[-1:] == ["{"]
