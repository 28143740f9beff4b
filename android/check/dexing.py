"""Bytecode for Android: by D8 as it is, and by R8 without what nothing uses."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from android.check.errors import CheckError
from android.check.machine import Java
from android.check.reproducible_zip import write_zip
from android.check.resolver import Artefact, class_path

_HEAP = "-Xmx3g"
_MISSING = re.compile(r"Missing class \S+ \(referenced from: [^\n]*\)")
_D8, _R8 = "com.android.tools.r8.D8", "com.android.tools.r8.R8"


@dataclass(frozen=True, slots=True)
class Dexer:
    """What makes the bytecode.

    Args:
        java: the development kit, with the classes of Java that Android has and does not list as its own.
        r8: class path of D8 and R8, which are one program.
        framework: Android's own classes.
        min_sdk: oldest level of Android.
    """

    java: Java
    r8: Sequence[Artefact]
    framework: Artefact
    min_sdk: int

    def debug(self, classes: Sequence[Path], out: Path) -> Path:
        """All classes, in a zip file within a folder. Raises CheckError for what D8 refuses."""
        return self._run(_D8, ["--debug"], classes, out, [])

    def release(self, classes: Sequence[Path], rules: Path, out: Path) -> Path:
        """What is used of the classes and resources, in a zip file; ``mapping.txt`` beside it tells the names that they had.

        Raises CheckError for what R8 refuses, and for classes that are missing.
        """
        mapping = out / "mapping.txt"
        options = ["--release", "--pg-conf", str(rules), "--pg-map-output", str(mapping)]
        return self._run(_R8, options, classes, out, [rules])

    def _run(
        self, program: str, options: Sequence[str], classes: Sequence[Path], out: Path, inputs: Sequence[Path]
    ) -> Path:
        digest = hashlib.sha256(f"{program}\0{self.min_sdk}\0{self.java.version}\0{self.framework.sha256}".encode())
        for path in (*(artefact.path for artefact in self.r8), *classes, *inputs):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        result, stamp = out / "classes.zip", out / "stamp"
        if stamp.is_file() and stamp.read_text() == digest.hexdigest():
            return result
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        command = [self.java.java, _HEAP, "-XX:+UseSerialGC", "-cp", class_path(self.r8), program, *options]
        command += ["--min-api", str(self.min_sdk), "--lib", str(self.framework.path), "--lib", str(self.java.home)]
        command += ["--output", str(result)]
        done = subprocess.run([*command, *map(str, classes)], capture_output=True, text=True, check=False)
        told = (done.stdout + done.stderr).strip()
        _ = (out / "log.txt").write_text(told, encoding="utf-8")
        if done.returncode:
            missing = sorted(set(_MISSING.findall(told)))
            problem = "\n".join(missing) or told[-4000:]
            raise CheckError(f"{program.rpartition('.')[2]} refuses the classes:\n{problem}")
        _ = stamp.write_text(digest.hexdigest())
        return result


def jar_of(folders: Sequence[Path], out: Path) -> Path:
    """One jar of all files of some folders. Raises CheckError where two have the same file."""
    parts: dict[str, bytes] = {}
    for folder in folders:
        for path in sorted(folder.glob("**/*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and name in parts and parts[name] != path.read_bytes():
                raise CheckError(f"{folder} brings another {name} than the folders before it")
            if path.is_file():
                parts[name] = path.read_bytes()
    write_zip(out, parts)
    return out
