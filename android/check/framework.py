"""Android's own resources, for a linker that is older than they are.

Since Android 14 the table of the framework is written in ways that Debian's aapt2 (of Android 10) cannot read: offsets of
16 bits, sparse types, compact entries and staged aliases. They are written anew as the plain old table with the same
resources under the same numbers.

Source: frameworks/base/libs/androidfw/include/androidfw/ResourceTypes.h
"""

from __future__ import annotations

import shutil
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from android.check.resolver import Artefact

_PACKAGE, _TYPE, _TYPE_SPEC, _STAGED_ALIAS = 0x0200, 0x0201, 0x0202, 0x0206
_SPARSE, _OFFSETS_OF_16_BITS = 1, 2
_COMPLEX, _COMPACT = 1, 8
_NO_ENTRY_16, _NO_ENTRY = 0xFFFF, 0xFFFFFFFF
_TABLE = "resources.arsc"
_MANIFEST = "AndroidManifest.xml"


def framework_resources(framework: Artefact, out: Path) -> Path:
    """A zip file with the resources of Android's classes, written once for each version of them."""
    path = out / f"framework-{framework.sha256[:8]}.zip"
    if not path.is_file():
        out.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".part")
        with zipfile.ZipFile(framework.path) as archive, zipfile.ZipFile(scratch, "w") as plain:
            plain.writestr(_MANIFEST, archive.read(_MANIFEST))
            plain.writestr(_TABLE, plain_table(archive.read(_TABLE)))
        _ = shutil.move(scratch, path)
    return path


def plain_table(table: bytes) -> bytes:
    """A table of resources without what only newer readers understand."""
    out = bytearray(table[: _header_size(table)])
    for kind, chunk in _chunks(table):
        out += _plain_package(chunk) if kind == _PACKAGE else chunk
    struct.pack_into("<I", out, 4, len(out))
    return bytes(out)


def _plain_package(package: bytes) -> bytes:
    out = bytearray(package[: _header_size(package)])
    entries_of: dict[int, int] = {}
    for kind, chunk in _chunks(package):
        if kind == _TYPE_SPEC:
            entries_of[chunk[8]] = _u32(chunk, 12)
        if kind != _STAGED_ALIAS:
            out += _plain_type(chunk, entries_of) if kind == _TYPE else chunk
    struct.pack_into("<I", out, 4, len(out))
    return bytes(out)


def _plain_type(chunk: bytes, entries_of: dict[int, int]) -> bytes:
    """One type in one configuration: a header, the offsets of its entries, and the entries."""
    offsets = _offsets(chunk)
    start = _u32(chunk, 16)
    count = _u32(chunk, 12)
    if chunk[9] & _SPARSE:
        count = max([entries_of.get(chunk[8], 0), *(index + 1 for index in offsets)])
    entries = bytearray()
    plain: dict[int, int] = {}
    for index, offset in sorted(offsets.items()):
        plain[index] = len(entries)
        entries += _plain_entry(chunk, start + offset)
        entries += bytes(-len(entries) % 4)
    table = b"".join(struct.pack("<I", plain.get(index, _NO_ENTRY)) for index in range(count))
    header = bytearray(chunk[: _header_size(chunk)])
    header[9] = 0
    struct.pack_into("<I", header, 4, len(header) + len(table) + len(entries))
    struct.pack_into("<II", header, 12, count, len(header) + len(table))
    return bytes(header) + table + bytes(entries)


def _offsets(chunk: bytes) -> dict[int, int]:
    """Of the entries that there are, by index."""
    at, count, flags = _header_size(chunk), _u32(chunk, 12), chunk[9]
    if flags & _SPARSE:
        pairs = (struct.unpack_from("<HH", chunk, at + 4 * number) for number in range(count))
        return {index: offset * 4 for index, offset in pairs}
    if flags & _OFFSETS_OF_16_BITS:
        found = {index: _u16(chunk, at + 2 * index) for index in range(count)}
        return {index: offset * 4 for index, offset in found.items() if offset != _NO_ENTRY_16}
    found = {index: _u32(chunk, at + 4 * index) for index in range(count)}
    return {index: offset for index, offset in found.items() if offset != _NO_ENTRY}


def _plain_entry(chunk: bytes, at: int) -> bytes:
    """An entry and its value: a compact one holds its key where others hold their size, and its type in the flags."""
    size, flags = _u16(chunk, at), _u16(chunk, at + 2)
    if flags & _COMPACT:
        return struct.pack("<HHIHBBI", 8, flags & 7, size, 8, 0, flags >> 8, _u32(chunk, at + 4))
    if flags & _COMPLEX:
        return chunk[at : at + size + 12 * _u32(chunk, at + 12)]
    return chunk[at : at + size + _u16(chunk, at + size)]


def _chunks(chunk: bytes) -> Iterator[tuple[int, bytes]]:
    """The chunks inside another one, after its header."""
    at = _header_size(chunk)
    while at < len(chunk):
        kind, _, size = struct.unpack_from("<HHI", chunk, at)
        yield kind, chunk[at : at + size]
        at += size


def _header_size(chunk: bytes) -> int:
    return _u16(chunk, 2)


def _u16(chunk: bytes, at: int) -> int:
    value: int = struct.unpack_from("<H", chunk, at)[0]
    return value


def _u32(chunk: bytes, at: int) -> int:
    value: int = struct.unpack_from("<I", chunk, at)[0]
    return value
