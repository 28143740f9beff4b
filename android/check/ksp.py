"""Code that generators write after a look at the sources: KSP's command line, as its plugin of Gradle runs it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from android.check.errors import CheckError
from android.check.resolver import Artefact, class_path

_MAIN = "com.google.devtools.ksp.cmdline.KSPJvmMain"


@dataclass(frozen=True, slots=True)
class Processing:
    """One run.

    Args:
        module: name.
        folder: of the module.
        roots: folders of its sources.
        libraries: class path of the sources.
        processors: class path of the generators.
        options: of the generators.
        jdk: release of Java that the sources are compiled for.
        kotlin: version of Kotlin.
        jdk_home: of a development kit: without one KSP does not find what Kotlin's own types stand for.
        out: folder of what is written, emptied first.
    """

    module: str
    folder: Path
    roots: Sequence[Path]
    libraries: Sequence[Path]
    processors: Sequence[Artefact]
    options: Mapping[str, str]
    jdk: int
    kotlin: str
    jdk_home: Path
    out: Path

    def arguments(self) -> list[str]:
        """Of KSP's command line."""
        language = ".".join(self.kotlin.split(".")[:2])
        values = {
            "module-name": self.module,
            "source-roots": ":".join(map(str, self.roots)),
            "libraries": ":".join(map(str, self.libraries)),
            "processor-options": ":".join(f"{name}={value}" for name, value in self.options.items()),
            "jdk-home": str(self.jdk_home),
            "jvm-target": str(self.jdk),
            "language-version": language,
            "api-version": language,
            "project-base-dir": str(self.folder),
            "output-base-dir": str(self.out),
            "caches-dir": str(self.out / "caches"),
            "class-output-dir": str(self.out / "classes"),
            "java-output-dir": str(self.out / "java"),
            "kotlin-output-dir": str(self.out / "kotlin"),
            "resource-output-dir": str(self.out / "resources"),
            "incremental": "false",
        }
        return [*(f"-{name}={value}" for name, value in values.items() if value), class_path(self.processors)]


def process(processing: Processing, *, java: str, ksp: Sequence[Artefact]) -> list[Path]:
    """Run the generators.

    Args:
        processing: what to do.
        java: command of the virtual machine.
        ksp: its class path.

    Returns the Kotlin files that they wrote. Raises CheckError where one reports an error, or writes Java.
    """
    shutil.rmtree(processing.out, ignore_errors=True)
    processing.out.mkdir(parents=True)
    command = [java, "-Xmx1g", "-XX:+UseSerialGC", "-cp", class_path(ksp), _MAIN, *processing.arguments()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = (done.stdout + done.stderr).strip()
    if done.returncode:
        raise CheckError(f"code for {processing.module} cannot be generated:\n{told[-6000:]}")
    if java_files := sorted((processing.out / "java").glob("**/*.java")):
        raise CheckError(f"a generator wrote {java_files[0]}, which the check does not compile", "let it write Kotlin")
    return sorted((processing.out / "kotlin").glob("**/*.kt"))
