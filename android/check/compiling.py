"""Compilation of what changed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from android.check.build import Build
from android.check.errors import CheckError
from android.check.java_sources import compile_java
from android.check.modules import Module
from android.check.protobuf import Generation, generate
from android.check.resolver import Artefact, Request
from android.check.units import (
    FIXTURES,
    MAIN,
    TEST,
    Unit,
    compiled_against,
    processors_of,
)

_LAUNCHER = Path(__file__).with_name("Compile.java")
_FAST_START = ("-Xmx2g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=240m")


def compile_all(build: Build, tell: Callable[[str], None]) -> None:
    """Compile every unit whose sources, options or class path changed. Raises CheckError where one does not compile."""
    stamps: dict[str, str] = {}
    stale: dict[str, Unit] = {}
    for name, unit in build.units.items():
        stamps[name] = _stamp(build, unit, stamps)
        if _stamp_file(build, unit).is_file() and _stamp_file(build, unit).read_text() == stamps[name]:
            continue
        if _processors(build, unit):  # which look at the classes of other units
            _compile(build, stale, stamps, tell)
            stale = {}
        folder = build.folder(unit)
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "classes").mkdir(parents=True)
        arguments = folder / "arguments"
        _ = arguments.write_text("\n".join(_arguments(build, unit)), encoding="utf-8")
        stale[str(arguments)] = unit
    _compile(build, stale, stamps, tell)


def _compile(build: Build, stale: dict[str, Unit], stamps: Mapping[str, str], tell: Callable[[str], None]) -> None:
    """Compile units by their files of arguments, in one virtual machine."""
    if not stale:
        return
    command = [build.java.java, *_FAST_START, "-cp", ":".join(str(each.path) for each in build.compiler)]
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
    parts = [build.java.version, *_options(build, unit), *(stamps.get(name, "") for name in needed.units)]
    artefacts = [*build.compiler, *build.artefacts[needed.libraries]]
    sources = list(unit.sources)
    if module.application:
        parts.append(repr(replace(module.application, processor_options={})))
        artefacts += [build.tools.framework, *build.tools.plugins_for(module), *_processors(build, unit)]
        sources += [path for path in sorted(module.folder.glob("src/main/res/**/*")) if path.is_file()]
    if generation := _generation(module, unit):
        parts.append(repr(generation))
        artefacts += build.artefacts[Request(generation.roots)]
        sources += generation.inputs()
    for part in [*parts, *(artefact.sha256 for artefact in artefacts)]:
        digest.update(part.encode() + b"\0")
    for path in sources:
        digest.update(
            f"{path.relative_to(build.project.root.parent)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode()
        )
    return digest.hexdigest()


def _options(build: Build, unit: Unit) -> list[str]:
    module = build.project.modules[unit.module]
    found = ["-no-stdlib", "-no-reflect", "-jvm-target", str(module.jdk), f"-Xjdk-release={module.jdk}"]
    found += module.options
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
    path = [entry for name in needed.units for entry in build.classes(name)] + build.jars(needed.libraries)
    sources = [str(source) for source in unit.sources]
    plugins: list[str] = []
    if generation := _generation(module, unit):
        out = folder / "generated"
        generate(generation, build.artefacts[Request(generation.roots)], build.java.java, out)
        compile_java(build.java, sorted(out.glob("**/*.java")), path, folder / "classes", module.jdk)
        path.append(folder / "classes")
        sources += [str(source) for source in sorted(out.glob("**/*.kt"))]
    if module.application:
        linked = build.link(module, "test" if unit.kind == TEST else "release")
        path = [linked.classes, *path, build.tools.framework.path]
        plugins = [f"-Xplugin={artefact.path}" for artefact in build.tools.plugins_for(module)]
        sources += [str(source) for source in _processed(build, unit, path)]
    friends = [str(entry) for kind in (MAIN, FIXTURES) for entry in build.classes(f"{module.name}/{kind}")]
    found = [*_options(build, unit), *plugins, "-d", str(folder / "classes"), "-cp", ":".join(map(str, path))]
    if unit.kind != MAIN:
        found.append(f"-Xfriend-paths={','.join(friends)}")
    return found + sources


def _processors(build: Build, unit: Unit) -> Sequence[Artefact]:
    """The generators that look at a unit's sources."""
    request = processors_of(build.project.modules[unit.module]) if unit.kind == MAIN else None
    return build.artefacts[request] if request else ()


def _processed(build: Build, unit: Unit, path: Sequence[Path]) -> list[Path]:
    """Kotlin files that they write; what else they write is put beside the classes."""
    processors = _processors(build, unit)
    if not processors:
        return []
    module, out = build.project.modules[unit.module], build.folder(unit) / "processed"
    kotlin = build.project.catalogue.library("check.kotlin.compiler").version
    found = build.tools.generate(module, path, processors, java=build.java, kotlin=kotlin, out=out)
    for name in ("classes", "resources"):
        if (out / name).is_dir():
            _ = shutil.copytree(out / name, build.folder(unit) / "classes", dirs_exist_ok=True)
    return found


def _generation(module: Module, unit: Unit) -> Generation | None:
    return module.generation if unit.kind == MAIN else None
