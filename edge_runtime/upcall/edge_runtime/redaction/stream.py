"""Restores an answer while it streams in."""

from __future__ import annotations

from upcall.edge_runtime.redaction.placeholders import unfinished_from
from upcall.edge_runtime.redaction.vault import Vault


class StreamRestorer:
    """Restores a text that comes in chunks: joined, the output is ``vault.restore`` of the whole, however it was split.

    It holds back only the end that can still become a placeholder, at most LONGEST_PLACEHOLDER characters.

    Args:
        vault: of the conversation.

    Vectors: proto/vectors/restore.json
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._held = ""
        self._restored = 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._held)} characters held)"

    @property
    def restored_count(self) -> int:
        """Placeholders replaced so far."""
        return self._restored

    def feed(self, chunk: str) -> str:
        """Take the next chunk; return what is certain by now, possibly nothing."""
        text = self._held + chunk
        border = unfinished_from(text)
        self._held = text[border:]
        return self._restore(text[:border])

    def flush(self) -> str:
        """The text is over: return what was held back. The restorer can then take another text."""
        held, self._held = self._held, ""
        return self._restore(held)

    def _restore(self, text: str) -> str:
        restored, count = self._vault.restore_counted(text)
        self._restored += count
        return restored
