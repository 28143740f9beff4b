from __future__ import annotations

import struct
import zipfile
from pathlib import Path

from android.check.framework import framework_resources, plain_table
from android.check.resolver import Artefact

SPARSE, OFFSETS_OF_16_BITS = 1, 2
PLAIN = struct.pack("<HHI", 8, 0, 7) + struct.pack("<HBBI", 8, 0, 3, 0x11)
COMPACT = struct.pack("<HHI", 7, 8 | 3 << 8, 0x11)
COMPLEX = struct.pack("<HHIII", 16, 1, 9, 0, 1) + bytes(12)


def chunk(kind: int, header: bytes, body: bytes) -> bytes:
    size = 8 + len(header)
    return struct.pack("<HHI", kind, size, size + len(body)) + header + body


def type_chunk(flags: int, count: int, offsets: bytes, entries: bytes) -> bytes:
    """Entries of the type 2 in one configuration, of which only the size stands here."""
    configuration = struct.pack("<I", 4)
    header = struct.pack("<BBHII", 2, flags, 0, count, 20 + len(configuration) + len(offsets)) + configuration
    return chunk(0x0201, header, offsets + entries)


def spec(count: int) -> bytes:
    return chunk(0x0202, struct.pack("<BBHI", 2, 0, 0, count), struct.pack(f"<{count}I", *range(count)))


def table(*chunks: bytes) -> bytes:
    return chunk(
        2, struct.pack("<I", 1), chunk(1, b"", b"strings") + chunk(0x0200, struct.pack("<I", 1), b"".join(chunks))
    )


def test_16_bit_offsets_and_compact_entries() -> None:
    new = type_chunk(OFFSETS_OF_16_BITS, 4, struct.pack("<4H", 0, 0xFFFF, 2, 4), COMPACT + COMPACT + PLAIN)
    old = type_chunk(0, 4, struct.pack("<4I", 0, 0xFFFFFFFF, 16, 32), PLAIN * 3)
    assert plain_table(table(spec(4), new)) == table(spec(4), old)


def test_a_sparse_type_gets_all_its_places() -> None:
    new = type_chunk(SPARSE, 2, struct.pack("<4H", 1, 0, 3, 2), COMPACT + COMPLEX)
    none = 0xFFFFFFFF
    old = type_chunk(0, 5, struct.pack("<5I", none, 0, none, 16, none), PLAIN + COMPLEX)
    assert plain_table(table(spec(5), new)) == table(spec(5), old)


def test_an_old_table_stays_as_it_is_and_aliases_go() -> None:
    old = type_chunk(0, 2, struct.pack("<2I", 0, 16), PLAIN + COMPLEX)
    aliases = chunk(0x0206, struct.pack("<I", 0), b"")
    assert plain_table(table(spec(2), aliases, old)) == table(spec(2), old)


def test_it_is_written_once(tmp_path: Path) -> None:
    jar = tmp_path / "android.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("AndroidManifest.xml", "manifest")
        archive.writestr("resources.arsc", table(spec(1), chunk(0x0206, struct.pack("<I", 0), b"")))
    framework = Artefact("g:android:1", jar, "0123456789")
    path = framework_resources(framework, tmp_path / "out")
    with zipfile.ZipFile(path) as archive:
        assert archive.read("resources.arsc") == table(spec(1))
        assert archive.read("AndroidManifest.xml") == b"manifest"
    jar.unlink()
    assert framework_resources(framework, tmp_path / "out") == path
    assert list((tmp_path / "out").iterdir()) == [path]
