"""A vault on disk: only encrypted, with a key that stays on this device.

The file is ``UPCALLVAULT1``, 12 bytes of nonce, then AES-256-GCM over JSON, with the first 12 bytes as associated data. The key
is 32 random bytes in a file of mode 0600. This protects a vault file that is copied, backed up or synchronised without
the key. It does not protect from whoever can read the key: a program of the same user, or the administrator of the device.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from upcall.edge_runtime.errors import InputError, require
from upcall.edge_runtime.files import locked, write_atomically
from upcall.edge_runtime.home import upcall_home
from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.vault import Vault, VaultEntry

KEY_BYTES = 32
_MAGIC = b"UPCALLVAULT1"
_NONCE_BYTES = 12


def default_key_path() -> Path:
    """``vault.key`` in the folder UPCALL_HOME."""
    return upcall_home() / "vault.key"


class KeptVault(Vault):
    """A vault that belongs to a file, as ``open_vault`` gives it."""

    def __init__(self, *, nonce: str | None = None) -> None:
        super().__init__(nonce=nonce)
        self._write: Callable[[], None] = lambda: None
        self._written = -1

    def save(self) -> None:
        """Write it to its file now, if there is something new in it, so that what is printed next can be restored.

        Raises:
            InputError: the file cannot be written.
        """
        count = len(self.values)
        if count != self._written:
            self._write()
            self._written = count


@contextmanager
def open_vault(path: Path, *, key_path: Path | None = None) -> Iterator[KeptVault]:
    """A vault that goes on from a file and is written to it at the end, also when the work in between fails.

    Only one program at a time has the vault: two would give one placeholder to two values, so a symbolic link and its target
    are one vault. The file is replaced in one step, so that whatever happens there is either the old one or the new one;
    ``PATH.lock`` stays beside it, empty.

    Args:
        path: of the vault; a new one is made where there is none.
        key_path: of the key; by default ``default_key_path()``. A new key is made where there is none and no vault yet.

    Raises:
        InputError: another program has the vault, the key does not belong to it, or one of the files is damaged or cannot be
            read or written.
        MissingExtraError: the package for encryption is not installed.
    """
    cipher = _cipher()
    path = _own_path(path)
    with _locked(path):
        key = _key(key_path or default_key_path(), may_make=not path.exists())
        vault = _decrypted(path, cipher(key)) if path.exists() else KeptVault()
        vault._write = lambda: _write(path, _encrypted(vault, cipher(key)))
        try:
            yield vault
        finally:
            vault._write()


def read_vault(path: Path, *, key_path: Path | None = None) -> KeptVault:
    """The vault of a file, to restore with; the file stays as it is.

    Raises:
        InputError: the key does not belong to it, or one of the files is missing, damaged or cannot be read.
        MissingExtraError: the package for encryption is not installed.
    """
    path = _own_path(path)
    if not path.exists():
        raise InputError(f"There is no vault {path}.", next_step="make one with: upcall redact --vault FILE")
    return _decrypted(path, _cipher()(_key(key_path or default_key_path(), may_make=False)))


def _own_path(path: Path) -> Path:
    """The one name of the vault, whatever links lead to it.

    Raises:
        InputError: it is no file, or a file of several names, which replacing it would part.
    """
    try:
        own = path.resolve()
        if not path.name or own.is_dir():
            raise InputError(f"The vault '{path}' is a folder.", allowed="a file", next_step="name a file in it")
        if own.exists() and own.stat().st_nlink > 1:
            raise InputError(
                f"The vault {path} has {own.stat().st_nlink} names (hard links).",
                allowed="one",
                next_step="remove the others: each would go its own way, with one placeholder for two values",
            )
    except (OSError, ValueError, RuntimeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "no path"
        raise InputError(f"The vault '{path}' cannot be used ({problem}).", next_step="choose another path") from None
    return own


def _cipher() -> Any:
    return require("cryptography.hazmat.primitives.ciphers.aead", extra="vault").AESGCM


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    def refuse() -> None:
        raise InputError(
            f"The vault {path} is in use by another program.",
            next_step="wait until it has ended, or use another file",
        )

    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path.with_name(path.name + ".lock"), on_wait=refuse))
        except OSError as error:
            raise _unusable(path, error) from None
        yield


def _key(path: Path, *, may_make: bool) -> bytes:
    if may_make and not path.exists():
        return _made_key(path)
    try:
        with path.open("rb") as file:
            is_open_to_others = stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077
            key = file.read(KEY_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"The key {path} of the vault cannot be read ({error.strerror}).",
            next_step="without the key the vault cannot be read; take it from where the vault was made",
        ) from None
    if is_open_to_others:
        raise InputError(f"The key {path} can be read by others.", allowed="mode 0600", next_step=f"chmod 600 {path}")
    if not key and may_make:  # left by a disk that was full: no vault can belong to it
        with suppress(OSError):
            path.unlink()
        return _made_key(path)
    if len(key) != KEY_BYTES:
        raise InputError(
            f"The key {path} is damaged: it has {len(key)} bytes.",
            allowed=f"{KEY_BYTES} bytes",
            next_step="put a copy of the key in its place; without one the vaults made with it cannot be read",
        )
    return key


def _made_key(path: Path) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder {path.parent} for the key of the vault cannot be made ({error.strerror}).",
            next_step="set UPCALL_HOME to a folder that you may write",
        ) from None
    try:
        write_atomically(path, key, is_private=True, may_replace=False)
    except FileExistsError:  # another program has just made it
        return _key(path, may_make=False)
    except OSError as error:
        raise _unusable(path, error) from None
    return key


def _encrypted(vault: Vault, cipher: Any) -> bytes:
    entries, reserved = vault.contents()
    plain = json.dumps(
        {
            "nonce": vault.nonce,
            "entries": [[number, entry.entity_type, entry.value, entry.is_number] for number, entry in entries],
            "reserved": reserved,
        }
    )
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _MAGIC + nonce + bytes(cipher.encrypt(nonce, plain.encode(), _MAGIC))


def _decrypted(path: Path, cipher: Any) -> KeptVault:
    exceptions = require("cryptography.exceptions", extra="vault")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unusable(path, error) from None
    if not data.startswith(_MAGIC):
        raise InputError(f"The file {path} is no vault.", next_step="give another with --vault FILE")
    body = data[len(_MAGIC) :]
    try:
        plain = json.loads(cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], _MAGIC))
        entries = [
            (number, VaultEntry(EntityType(kind), value, is_number))
            for number, kind, value, is_number in plain["entries"]
        ]
        return KeptVault.of(plain["nonce"], entries, plain["reserved"])
    except (exceptions.InvalidTag, ValueError, KeyError, TypeError, InputError):
        pass
    # Outside the handler: a chained error could carry contents along.
    raise InputError(
        f"The vault {path} cannot be opened: it is damaged, or it belongs to another key.",
        next_step="use the key with which it was made, or begin a new vault with another file",
    )


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data, is_private=True)
    except OSError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: OSError) -> InputError:
    return InputError(f"The file {path} cannot be used ({error.strerror}).", next_step="choose another path")
