"""Compilation of generated Java."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from android.check.errors import CheckError
from android.check.machine import Java


def compile_java(java: Java, sources: Sequence[Path], path: Sequence[Path], out: Path, release: int) -> None:
    """Compile Java sources.

    Args:
        java: the development kit.
        sources: files.
        path: class path.
        out: folder of the classes.
        release: of Java, whose virtual machine runs them.

    Raises CheckError where they do not compile.
    """
    command = [java.javac, "-nowarn", "-proc:none", "--release", str(release), "-encoding", "UTF-8", "-d", str(out)]
    done = subprocess.run(
        [*command, "-cp", ":".join(map(str, path)), *map(str, sources)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CheckError(f"generated Java does not compile:\n{done.stderr}")
