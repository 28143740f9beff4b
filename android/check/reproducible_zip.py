"""Zip files with the same bytes for the same content."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path

_EARLIEST = (1980, 1, 1, 0, 0, 0)


def write_zip(path: Path, parts: Mapping[str, bytes], *, deflated: Collection[str] = ()) -> None:
    """Write parts in the order of their names, without times of their own; those that are ``deflated`` compressed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    growing = path.with_name(f"{path.name}.part")
    with zipfile.ZipFile(growing, "w") as archive:
        for name in sorted(parts):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED if name in deflated else zipfile.ZIP_STORED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, parts[name], compresslevel=9)
    growing.replace(path)
