from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.build import Build
from android.check.compiling import compile_all
from android.check.errors import CheckError
from android.check.machine import Java
from android.check.project import read_project
from android.check.resolver import Artefact
from android.check.units import all_requests, units_of

Program = Callable[[str, str], Path]
ALL = [
    "core/main: 1 files",
    "net/main: 1 files",
    "core/testFixtures: 1 files",
    "core/test: 1 files",
    "net/test: 1 files",
]


def build_of(gradle: Path, java: Path) -> Build:
    project = read_project(gradle)
    library = Artefact("g:one:1", Path("/cache/one.jar"), "11")
    artefacts = {request: [library] for request in all_requests(project)}
    compiler = [Artefact("g:kotlinc:1", Path("/cache/kotlinc.jar"), "22")]
    return Build(
        project, units_of(project), artefacts, compiler, Java(str(java), "javac", "17"), gradle / "build" / "check"
    )


@pytest.fixture
def build(gradle: Path, program: Program) -> Build:
    """A compiler that says yes to every file of arguments."""
    java = program("java", 'while ! [ "${1%Compile.java}" != "$1" ]; do shift; done; shift; printf "%s\\n" "$@"')
    return build_of(gradle, java)


def compiled(build: Build) -> list[str]:
    told: list[str] = []
    compile_all(build, told.append)
    return [line.removeprefix("compiled ") for line in told]


def arguments(build: Build, name: str) -> list[str]:
    return (build.folder(build.units[name]) / "arguments").read_text().splitlines()


def test_only_what_changed_is_compiled_again(gradle: Path, build: Build) -> None:
    assert compiled(build) == ALL
    assert compiled(build) == []
    (gradle / "net/src/main/kotlin/Net.kt").write_text("package net // changed")
    assert compiled(build) == ["net/main: 1 files", "net/test: 1 files"]
    (gradle / "core/src/main/kotlin/Core.kt").write_text("package core // changed")
    assert compiled(build) == ALL


def test_another_library_compiler_or_machine_compiles_all_again(build: Build) -> None:
    assert compiled(build) == ALL
    other = Artefact("g:one:1", Path("/cache/one.jar"), "12")
    artefacts = {request: [other] for request in build.artefacts}
    changed = dataclasses.replace(build, artefacts=artefacts)
    assert compiled(changed) == ALL
    changed = dataclasses.replace(changed, compiler=[other])
    assert compiled(changed) == ALL
    changed = dataclasses.replace(changed, java=dataclasses.replace(build.java, version="21"))
    assert compiled(changed) == ALL
    assert compiled(changed) == []


def test_old_classes_are_gone_before_new_ones_come(build: Build) -> None:
    assert compiled(build) == ALL
    left = build.folder(build.units["net/main"]) / "classes" / "Removed.class"
    left.touch()
    build.units["net/main"].sources[0].write_text("package net // changed")
    compiled(build)
    assert not left.exists()


def test_what_the_compiler_is_told(gradle: Path, build: Build) -> None:
    (gradle / "core/src/main/resources").mkdir()
    compiled(build)
    out = gradle / "build" / "check"
    core = arguments(build, "core/main")
    assert {"-Werror", "-Xexplicit-api=strict", "-no-stdlib", "-Xjdk-release=17"} <= set(core)
    assert "-opt-in=kotlin.ExperimentalStdlibApi" in core
    assert core[-1] == str(gradle / "core/src/main/kotlin/Core.kt")
    net = arguments(build, "net/main")
    assert not {"-Werror", "-Xexplicit-api=strict"} & set(net)
    path = net[net.index("-cp") + 1].split(":")
    assert path == [f"{out}/core/main/classes", str(gradle / "core/src/main/resources"), "/cache/one.jar"]
    test = arguments(build, "core/test")
    assert "-Werror" in test
    assert "-Xexplicit-api=strict" not in test
    assert test[test.index("-module-name") + 1] == "core_test"
    friends = f"{out}/core/main/classes,{gradle}/core/src/main/resources,{out}/core/testFixtures/classes"
    assert f"-Xfriend-paths={friends}" in test


def test_what_does_not_compile_is_named_and_what_did_is_kept(gradle: Path, program: Program) -> None:
    half = 'while ! [ "${1%Compile.java}" != "$1" ]; do shift; done; echo "$2"; exit 1'
    build = build_of(gradle, program("java", half))
    with pytest.raises(CheckError, match="net/main does not compile"):
        compiled(build)
    with pytest.raises(CheckError, match="core/testFixtures does not compile"):
        compiled(build)
