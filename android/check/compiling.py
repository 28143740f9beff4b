"""Compilation of what changed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from android.check.errors import CheckError
from android.check.machine import Java
from android.check.project import Module, Project
from android.check.protobuf import Generation, generate
from android.check.resolver import Artefact, Request
from android.check.units import FIXTURES, MAIN, Unit, compiled_against

_LAUNCHER = Path(__file__).with_name("Compile.java")
_HEAP = "-Xmx2g"


@dataclass(frozen=True, slots=True)
class Build:
    """Everything that the steps share.

    Args:
        project: what is built.
        units: of it, in the order of their compilation.
        artefacts: of each request.
        compiler: the Kotlin compiler's own class path.
        java: the development kit.
        out: folder of what is written.
    """

    project: Project
    units: dict[str, Unit]
    artefacts: Mapping[Request, Sequence[Artefact]]
    compiler: Sequence[Artefact]
    java: Java
    out: Path

    def folder(self, unit: Unit) -> Path:
        """What is written for one unit."""
        return self.out / unit.module / unit.kind

    def classes(self, name: str) -> list[Path]:
        """Folders to put on a class path for a unit, by MODULE/KIND; none for one without sources."""
        if name not in self.units:
            return []
        unit = self.units[name]
        return [self.folder(unit) / "classes", *([unit.resources] if unit.resources.is_dir() else [])]


def compile_all(build: Build, tell: Callable[[str], None]) -> None:
    """Compile every unit whose sources, options or class path changed. Raises CheckError where one does not compile."""
    stamps: dict[str, str] = {}
    stale: dict[str, Unit] = {}
    for name, unit in build.units.items():
        stamps[name] = _stamp(build, unit, stamps)
        if _stamp_file(build, unit).is_file() and _stamp_file(build, unit).read_text() == stamps[name]:
            continue
        folder = build.folder(unit)
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "classes").mkdir(parents=True)
        arguments = folder / "arguments"
        _ = arguments.write_text("\n".join(_arguments(build, unit)), encoding="utf-8")
        stale[str(arguments)] = unit
    if not stale:
        return
    command = [build.java.java, _HEAP, "-XX:+UseSerialGC", "-cp", ":".join(str(each.path) for each in build.compiler)]
    with subprocess.Popen([*command, str(_LAUNCHER), *stale], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            unit = stale.pop(line.strip())
            _ = _stamp_file(build, unit).write_text(stamps[unit.name])
            tell(f"compiled {unit.name}: {len(unit.sources)} files")
    if process.returncode or stale:
        raise CheckError(f"{next(iter(stale.values())).name} does not compile")


def _stamp_file(build: Build, unit: Unit) -> Path:
    return build.folder(unit) / "stamp"


def _stamp(build: Build, unit: Unit, stamps: Mapping[str, str]) -> str:
    """A hash of all that the classes depend on."""
    digest = hashlib.sha256()
    module, needed = build.project.modules[unit.module], compiled_against(build.project, unit)
    parts = [build.java.version, *_options(module, unit), *(stamps.get(name, "") for name in needed.units)]
    artefacts = [*build.compiler, *build.artefacts[needed.libraries]]
    sources = list(unit.sources)
    if generation := _generation(module, unit):
        parts.append(repr(generation))
        artefacts += build.artefacts[Request(generation.roots)]
        sources += generation.inputs()
    for part in [*parts, *(artefact.sha256 for artefact in artefacts)]:
        digest.update(part.encode() + b"\0")
    for path in sources:
        digest.update(f"{path}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    return digest.hexdigest()


def _options(module: Module, unit: Unit) -> list[str]:
    found = [
        "-no-stdlib",
        "-no-reflect",
        "-jvm-target",
        str(module.jdk),
        f"-Xjdk-release={module.jdk}",
        *module.options,
    ]
    found += ["-module-name", module.name if unit.kind == MAIN else f"{module.name}_{unit.kind}"]
    if module.warnings_as_errors:
        found.append("-Werror")
    if module.explicit_api and unit.kind == MAIN:
        found.append("-Xexplicit-api=strict")
    return found


def _arguments(build: Build, unit: Unit) -> list[str]:
    """Of the Kotlin compiler, once what is generated lies there."""
    module, needed = build.project.modules[unit.module], compiled_against(build.project, unit)
    folder = build.folder(unit)
    libraries = [artefact.path for artefact in build.artefacts[needed.libraries]]
    path = [entry for name in needed.units for entry in build.classes(name)] + libraries
    sources = [str(source) for source in unit.sources]
    if generation := _generation(module, unit):
        out = folder / "generated"
        generate(generation, build.artefacts[Request(generation.roots)], build.java.java, out)
        _compile_java(build.java, sorted(out.glob("**/*.java")), path, folder / "classes", module.jdk)
        path.append(folder / "classes")
        sources += [str(source) for source in sorted(out.glob("**/*.kt"))]
    friends = [str(entry) for kind in (MAIN, FIXTURES) for entry in build.classes(f"{module.name}/{kind}")]
    found = [*_options(module, unit), "-d", str(folder / "classes"), "-cp", ":".join(map(str, path))]
    if unit.kind != MAIN:
        found.append(f"-Xfriend-paths={','.join(friends)}")
    return found + sources


def _generation(module: Module, unit: Unit) -> Generation | None:
    return module.generation if unit.kind == MAIN else None


def _compile_java(java: Java, sources: Sequence[Path], path: Sequence[Path], out: Path, release: int) -> None:
    command = [java.javac, "-nowarn", "-proc:none", "--release", str(release), "-encoding", "UTF-8", "-d", str(out)]
    done = subprocess.run(
        [*command, "-cp", ":".join(map(str, path)), *map(str, sources)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CheckError(f"generated Java does not compile:\n{done.stderr}")
