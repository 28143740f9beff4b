"""What stands behind the placeholders of one conversation. It lives in memory and never leaves the device."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from upcall.edge_runtime.errors import InputError, RedactionError, check_type
from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.placeholders import (
    LAST_NUMBER,
    NONCE_CHARACTERS,
    NONCE_LENGTH,
    find_placeholders,
    is_nonce,
    placeholder,
    planted_placeholders,
)


@dataclass(frozen=True, slots=True)
class VaultEntry:
    """One value kept.

    Args:
        entity_type: its type.
        value: as it was written. Private.
        is_number: it stood in JSON as a bare number and is restored as one there.
    """

    entity_type: EntityType
    value: str = field(repr=False)
    is_number: bool = False


class Vault:
    """Gives placeholders for values and values for placeholders. One for each conversation; not for several threads at once.

    A value is kept as it was written, so that what is restored is the same to the last character: two spellings of one
    address have two placeholders.

    Args:
        nonce: two lower-case base-36 characters that make the placeholders of this vault its own; by default random.

    Raises:
        InputError: the nonce has another form.

    Vectors: proto/vectors/restore.json
    """

    def __init__(self, *, nonce: str | None = None) -> None:
        if nonce is None:
            nonce = "".join(secrets.choice(NONCE_CHARACTERS) for _ in range(NONCE_LENGTH))
        check_type("The nonce of a vault", nonce, str)
        if not is_nonce(nonce):
            raise InputError("The nonce of a vault has another form.", allowed="two of 0-9 and a-z")
        self._nonce = nonce
        self._placeholders: dict[VaultEntry, str] = {}
        self._entries: dict[str, VaultEntry] = {}
        self._reserved: set[str] = set()
        self._last: dict[EntityType, int] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._entries)} values)"

    @property
    def nonce(self) -> str:
        """The two characters that all placeholders of this vault end in."""
        return self._nonce

    @property
    def values(self) -> tuple[tuple[EntityType, str], ...]:
        """Every value kept, with its type, in the order of minting. Private."""
        return tuple((entry.entity_type, entry.value) for entry in self._placeholders)

    def is_minted(self, text: str) -> bool:
        """Whether a placeholder, in the form in which it is minted, belongs to this vault."""
        return text in self._entries

    def entry(self, text: str) -> VaultEntry | None:
        """What stands behind a placeholder, in the form in which it is minted; None if it is not of this vault."""
        return self._entries.get(text)

    def reserve(self, text: str) -> None:
        """Never mint the placeholders that this text already holds: nobody can plant one that later stands for a value."""
        for _, _, forms in planted_placeholders(text):
            self._reserved.update(forms)

    def placeholder(self, entity_type: EntityType, value: str, *, is_number: bool = False) -> str:
        """The placeholder of a value: always the same one for the same entry, never one for two entries.

        Raises:
            RedactionError: all numbers of the type are used.
        """
        entry = VaultEntry(entity_type, value, is_number)
        known = self._placeholders.get(entry)
        if known is not None:
            return known
        number = self._last.get(entity_type, 0) + 1
        while placeholder(entity_type, number, self._nonce) in self._reserved:
            number += 1
        if number > LAST_NUMBER:
            raise RedactionError(f"More than {LAST_NUMBER:,} values to mask.", next_step="begin a new conversation")
        return self._keep(number, entry)

    def _keep(self, number: int, entry: VaultEntry) -> str:
        self._last[entry.entity_type] = number
        minted = placeholder(entry.entity_type, number, self._nonce)
        self._placeholders[entry] = minted
        self._entries[minted] = entry
        return minted

    def contents(self) -> tuple[tuple[tuple[int, VaultEntry], ...], tuple[str, ...]]:
        """All that ``Vault.of`` needs beside the nonce: numbers with their entries, and the placeholders reserved. Private."""
        numbered = ((int(minted[2:].rsplit("_", 2)[1]), entry) for minted, entry in self._entries.items())
        return tuple(numbered), tuple(sorted(self._reserved))

    @classmethod
    def of(cls, nonce: str, entries: Iterable[tuple[int, VaultEntry]], reserved: Iterable[str]) -> Self:
        """A vault with the contents of another.

        Raises:
            InputError: the nonce has another form, or the numbers of a type do not grow from 1 to 999999.
        """
        vault = cls(nonce=nonce)
        vault._reserved.update(reserved)
        for number, entry in entries:
            if not vault._last.get(entry.entity_type, 0) < number <= LAST_NUMBER:
                raise InputError("The entries of a vault are out of order.")
            vault._keep(number, entry)
        return vault

    def restore(self, text: str) -> str:
        """The text with every placeholder of this vault replaced by its value, once; all else is left as it is.

        Raises:
            InputError: the text is of another type.
        """
        check_type("The text", text, str)
        return self.restore_counted(text)[0]

    def restore_counted(self, text: str, *, in_word: bool = False) -> tuple[str, int]:
        """Restore a text as ``restore`` does, and count the placeholders replaced.

        Args:
            text: to restore.
            in_word: it goes on from an ASCII letter, a digit or ``_``.
        """
        pieces: list[str] = []
        position = count = 0
        for start, end, found in find_placeholders(text, in_word=in_word):
            entry = self._entries.get(found)
            if entry is not None:
                pieces += [text[position:start], entry.value]
                position = end
                count += 1
        return "".join([*pieces, text[position:]]), count
