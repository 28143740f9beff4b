"""Android's resource compiler and linker, as Debian packages it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from android.check.errors import CheckError


@dataclass(frozen=True, slots=True)
class Aapt:
    """The program.

    Args:
        command: that starts it.
    """

    command: str

    def compile(self, resources: Path, out: Path) -> None:
        """Compile a folder ``res`` into a zip file. Raises CheckError for what it refuses."""
        self._run(["compile", "--dir", str(resources), "-o", str(out)])

    def link(self, arguments: Sequence[str]) -> None:
        """Link compiled resources. Raises CheckError for what does not fit together."""
        self._run(["link", *arguments])

    def _run(self, arguments: Sequence[str]) -> None:
        done = subprocess.run([self.command, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            told = [line for line in (done.stdout + done.stderr).splitlines() if "warn:" not in line]
            raise CheckError(f"aapt2 {arguments[0]}:\n" + "\n".join(told)[-4000:])


def find_aapt() -> Aapt:
    """The program of PATH; raises CheckError where there is none."""
    command = shutil.which("aapt2")
    if not command:
        raise CheckError(
            "no aapt2 in PATH, which links an app's resources", "install the package aapt (Debian, Ubuntu)"
        )
    return Aapt(command)
