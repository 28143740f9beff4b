"""Runs of coursier, which downloads into its usual cache."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from android.check.errors import CheckError

_MAIN = "coursier.cli.Coursier"
_GOOGLE = ["--repository", "google"]
"""settings.gradle.kts names it too; the central one needs no naming."""


class Coursier:
    """The resolver's command line.

    Args:
        java: command of the virtual machine.
        path: class path of coursier.
    """

    def __init__(self, java: str, path: str) -> None:
        self._command = [java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", path, _MAIN, "fetch", "--quiet"]

    def resolve(self, roots: Sequence[str], options: Sequence[str]) -> dict[str, str]:
        """Files by coordinate, those of what the roots need too. Raises CheckError where one cannot be had."""
        found, problem = self._run([*_GOOGLE, "--artifact-type", "jar,bundle,exe", *options, *roots])
        if problem:
            raise _error(roots, problem)
        return found

    def fetch(self, roots: Sequence[str], kind: str) -> dict[str, str]:
        """Files of these roots alone, by coordinate; those that cannot be had are left out."""
        return self._run([*_GOOGLE, "--force-fetch", "--artifact-type", kind, *_alone(roots)])[0]

    def require(self, roots: Sequence[str], kinds: str) -> dict[str, str]:
        """Files of these roots alone, by coordinate. Raises CheckError where one cannot be had."""
        found, problem = self._run([*_GOOGLE, "--artifact-type", kinds, *_alone(roots)])
        if problem:
            raise _error(roots, problem)
        return found

    def _run(self, arguments: Sequence[str]) -> tuple[dict[str, str], str]:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            command = [*self._command, "--json-output-file", str(report), *arguments]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            problem = (done.stderr or done.stdout).strip()[-2000:] or "it ended in an error" if done.returncode else ""
            entries: list[dict[str, Any]] = []
            if report.is_file():
                entries = json.loads(report.read_text(encoding="utf-8"))["dependencies"]
        return {entry["coord"]: entry["file"] for entry in entries if entry.get("file")}, problem


def _alone(roots: Sequence[str]) -> list[str]:
    return [argument for root in roots for argument in ("--intransitive", root)]


def _error(roots: Sequence[str], problem: str) -> CheckError:
    return CheckError(f"coursier cannot resolve {', '.join(roots)}: {problem}", "see that the registry can be reached")
