"""Small native libraries for tests, by the C compiler of this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

from android.check.elf import SharedLibrary, read_library


def build_library(folder: Path, name: str, code: str, *flags: str, page_bytes: int = 16384) -> Path:
    """Compile a library into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{name}.c"
    source.write_text(code)
    path = folder / f"{name}.so"
    pages = f"-Wl,-z,max-page-size={page_bytes}"
    subprocess.run(["cc", "-shared", "-fPIC", "-nostdlib", pages, "-o", path, source, *flags], check=True)
    return path


def read(path: Path) -> SharedLibrary:
    return read_library(path.name, path.read_bytes())
