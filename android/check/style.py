"""How Kotlin files look: ktlint by the rules of .editorconfig, and no file too long."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from android.check.errors import CheckError
from android.check.machine import Java
from android.check.resolver import Artefact, class_path

MAX_LINES = 250
_MAIN = "com.pinterest.ktlint.Main"


def kotlin_files(root: Path) -> list[Path]:
    """Every Kotlin file of the project, scripts too."""
    files = [path for pattern in ("*.kts", "*/*.kts", "*/src/**/*.kt") for path in root.glob(pattern)]
    return sorted(files)


def refuse_long(files: Sequence[Path]) -> None:
    """Raise CheckError for files of more than MAX_LINES lines."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    if long := [f"{path}: {lines} lines" for path, lines in lengths.items() if lines > MAX_LINES]:
        raise CheckError(f"longer than {MAX_LINES} lines:\n  " + "\n  ".join(long), "split by meaning")


def check_style(files: Sequence[Path], editorconfig: Path, ktlint: Sequence[Artefact], java: Java, out: Path) -> None:
    """Run ktlint on the files that did not pass before as they are. Raises CheckError where a rule is broken."""
    rules = hashlib.sha256(editorconfig.read_bytes())
    for artefact in ktlint:
        rules.update(artefact.sha256.encode())
    hashes = {path: hashlib.sha256(rules.digest() + path.read_bytes()).hexdigest() for path in files}
    stamp = out / "style"
    passed = set(stamp.read_text().split()) if stamp.is_file() else set()
    if changed := [path for path, digest in hashes.items() if digest not in passed]:
        _run(["--relative"], changed, ktlint, java, "`make android-format` mends most of it")
        out.mkdir(parents=True, exist_ok=True)
        _ = stamp.write_text("\n".join(sorted(set(hashes.values()))))


def mend_style(files: Sequence[Path], ktlint: Sequence[Artefact], java: Java) -> None:
    """Let ktlint rewrite the files. Raises CheckError for what it cannot mend."""
    _run(["--relative", "--format"], files, ktlint, java, "mend the rest by hand")


def _run(options: Sequence[str], files: Sequence[Path], ktlint: Sequence[Artefact], java: Java, next_step: str) -> None:
    command = [java.java, "-Xmx1g", "-XX:+UseSerialGC", "-cp", class_path(ktlint), _MAIN, "--log-level=error", *options]
    if subprocess.run([*command, *map(str, files)], check=False).returncode:
        raise CheckError("ktlint found the above", next_step)
