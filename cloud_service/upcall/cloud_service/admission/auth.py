"""API keys: 256 random bits each, of which the service keeps only the SHA-256."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from upcall.edge_runtime.errors import InputError

PREFIX = "upc_"
"""Begins every key, so that scanners and people recognise one."""

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class ApiKeys:
    """The keys that may call, each with its tenant. Holds digests only.

    Args:
        digests: tenant and SHA-256 of the key; a tenant may have several keys.
    """

    def __init__(self, digests: Iterable[tuple[str, bytes]]) -> None:
        self._digests = tuple(digests)

    def __len__(self) -> int:
        return len(self._digests)

    @classmethod
    def load(cls, path: Path) -> ApiKeys:
        """Read a key file: ``tenant sha256hex`` a line; empty lines and lines that begin with ``#`` are skipped.

        Raises:
            InputError: the file is missing, readable by others, or has a broken line.
        """
        try:
            text = path.read_text(encoding="utf-8")
            mode = path.stat().st_mode & 0o777
        except OSError as error:
            raise InputError(
                f"The key file {path} cannot be read ({error.strerror}).",
                next_step="make a key with: upcall cloud key NAME",
            ) from None
        if mode & 0o077:
            raise InputError(
                f"The key file {path} has mode {mode:o}.", allowed="600", next_step=f"run: chmod 600 {path}"
            )
        digests = []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            tenant, _, digest = line.strip().partition(" ")
            if not _TENANT.fullmatch(tenant) or not _DIGEST.fullmatch(digest):
                raise InputError(
                    f"Line {number} of the key file {path} is broken.",
                    allowed="a tenant, one space, 64 lower-case hexadecimal digits",
                    next_step="remove the line and make a new key with: upcall cloud key NAME",
                )
            digests.append((tenant, bytes.fromhex(digest)))
        return cls(digests)

    def tenant_of(self, key: str) -> str | None:
        """Whose key this is, or None. Takes the same time for every key of the same length."""
        given = hashlib.sha256(key.encode()).digest()
        found = None
        for tenant, digest in self._digests:
            if hmac.compare_digest(given, digest):
                found = tenant
        return found


def create_key(path: Path, tenant: str) -> str:
    """Make a key for a tenant, add its digest to the file and return the key, which is kept nowhere.

    Raises:
        InputError: the tenant's name is not allowed, or the file cannot be written.
    """
    if not _TENANT.fullmatch(tenant):
        raise InputError(
            "The tenant's name is not allowed.",
            allowed="1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit",
        )
    key = PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    line = f"{tenant} {hashlib.sha256(key.encode()).hexdigest()}\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)
    except OSError as error:
        raise InputError(
            f"The key file {path} cannot be written ({error.strerror}).", next_step="choose another with --keys PATH"
        ) from None
    return key


def bearer_key(metadata: Iterable[tuple[str, str | bytes]]) -> str | None:
    """The key in ``authorization: Bearer KEY``; None if there is not exactly one such entry."""
    values = [value for name, value in metadata if name == "authorization"]
    if len(values) != 1 or not isinstance(values[0], str):
        return None
    scheme, _, key = values[0].partition(" ")
    return key if scheme.lower() == "bearer" and key.startswith(PREFIX) else None
