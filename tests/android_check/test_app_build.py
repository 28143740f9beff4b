"""Compilation and tests of an application, with stand-ins for every program."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.aapt import Aapt
from android.check.android_units import AndroidTools
from android.check.build import Build
from android.check.compiling import compile_all
from android.check.errors import CheckError
from android.check.junit import run_tests
from android.check.machine import Java
from android.check.project import read_project
from android.check.resolver import Artefact
from android.check.units import all_requests, units_of

Program = Callable[[str, str], Path]
JAVA = r"""
echo "$@" >> "$0.log"
case "$*" in
*KSPJvmMain*) for one; do case "$one" in
  -kotlin-output-dir=*) mkdir -p "${one#*=}"; echo "package g" > "${one#*=}/Dao_Impl.kt";;
  -resource-output-dir=*) mkdir -p "${one#*=}/META-INF"; echo found > "${one#*=}/META-INF/found";; esac; done;;
*Compile.java*) while ! [ "${1%Compile.java}" != "$1" ]; do shift; done; shift; printf "%s\n" "$@";;
*manifmerger*) while [ "$1" != --out ]; do shift; done; echo "<manifest/>" > "$2";;
*ConsoleLauncher*) for one; do case "$one" in --reports-dir=*) mkdir -p "${one#*=}"; cp "$0.xml" "${one#*=}/TEST-a.xml";;
  esac; done;;
esac
"""
AAPT = """while [ $# -gt 0 ]; do case "$1" in -o|--output-text-symbols) : > "$2";; esac; shift; done"""
COMPILED = ["core/main", "net/main", "app/main", "core/testFixtures", "core/test", "net/test", "app/test"]


@pytest.fixture
def build(gradle_app: Path, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    monkeypatch.setattr("android.check.resources.framework_resources", lambda _framework, out: out / "framework.zip")
    aar = tmp_path / "one.aar"
    with zipfile.ZipFile(aar, "w") as archive:
        archive.writestr("AndroidManifest.xml", '<manifest package="g.one"/>')
        archive.writestr("classes.jar", "")
    project = read_project(gradle_app)
    plain, library = Artefact("g:plain:1", Path("/cache/plain.jar"), "11"), Artefact("g:one:aar:1", aar, "22" * 32)
    artefacts = {each: [plain, library] if each.is_android else [plain] for each in all_requests(project)}
    tool = {name: Artefact(f"g:{name}:1", Path(f"/cache/{name}.jar"), name) for name in ("a", "b", "c", "d", "e")}
    tools = AndroidTools(
        aapt=Aapt(str(program("aapt2", AAPT))),
        framework=tool["a"],
        merger=[],
        ksp=[],
        compose=tool["b"],
        serialization=tool["c"],
        robolectric=[tool["d"]],
        stubs=tool["e"],
    )
    kit = Java(str(program("java", JAVA)), str(program("javac", "exit 0")), "17")
    compiler = [Artefact("g:kotlinc:1", Path("/cache/kotlinc.jar"), "33")]
    return Build(project, units_of(project), artefacts, compiler, kit, gradle_app / "build" / "check", tools)


def compiled(build: Build) -> list[str]:
    told: list[str] = []
    compile_all(build, told.append)
    return [line.removeprefix("compiled ").split(":")[0] for line in told]


def arguments(build: Build, name: str) -> list[str]:
    return (build.folder(build.units[name]) / "arguments").read_text().splitlines()


def test_what_the_compiler_is_told_of_an_application(build: Build) -> None:
    assert compiled(build) == COMPILED
    out = build.out
    main = arguments(build, "app/main")
    assert "-Xplugin=/cache/b.jar" in main
    assert "-Xplugin=/cache/c.jar" not in main
    assert main[main.index("-cp") + 1].split(":") == [
        f"{out}/app/resources-release/classes",
        f"{out}/net/main/classes",
        "/cache/plain.jar",
        f"{out}/aars/g-one-aar-1-22222222/classes.jar",
        "/cache/a.jar",
    ]
    assert main[-1] == f"{out}/app/main/processed/kotlin/Dao_Impl.kt"
    assert (out / "app/main/classes/META-INF/found").is_file()
    test = arguments(build, "app/test")
    assert f"{out}/app/resources-test/classes" in test[test.index("-cp") + 1]
    assert not any("processed" in argument for argument in test)


def test_generators_run_once_what_they_look_at_is_compiled(build: Build) -> None:
    compiled(build)
    log = Path(f"{build.java.java}.log").read_text().splitlines()
    steps = [name for line in log for name in ("KSPJvmMain", "Compile.java", "manifmerger") if name in line]
    assert steps == ["Compile.java", "manifmerger", "KSPJvmMain", "manifmerger", "Compile.java"]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("app/src/main/res/values/strings.xml", "<resources/>", ["app/main", "app/test"]),
        ("app/src/test/kotlin/MainTest.kt", "package dev.example // changed", ["app/test"]),
        ("net/src/main/kotlin/Net.kt", "package net // changed", ["net/main", "app/main", "net/test", "app/test"]),
    ],
)
def test_only_what_changed_is_compiled_again(build: Build, file: str, text: str, expected: list[str]) -> None:
    compiled(build)
    assert compiled(build) == []
    path = build.project.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert compiled(dataclasses.replace(build, units=units_of(build.project))) == expected


def test_another_generator_compiles_the_application_again(build: Build) -> None:
    compiled(build)
    changed = {each: found if each.roots[0][:8] != "androidx" else [] for each, found in build.artefacts.items()}
    other = Artefact("g:room:2", Path("/cache/room.jar"), "44")
    changed |= {each: [other] for each, found in changed.items() if not found}
    assert compiled(dataclasses.replace(build, artefacts=changed)) == ["app/main", "app/test"]


def report(build: Build, *names: str) -> None:
    cases = "".join(f'<testcase name="{name}" classname="dev.example.ATest"/>' for name in names)
    Path(f"{build.java.java}.xml").write_text(f'<testsuite time="1">{cases}</testsuite>')


def test_tests_run_on_robolectric(build: Build) -> None:
    unit = build.units["app/test"]
    unit.sources[0].write_text("package dev.example\nclass ATest {\n    @Test fun works() {}\n}\n")
    report(build, "works", "works[sdk=35]")
    assert run_tests(build, unit, []).passed == 2
    told = Path(f"{build.java.java}.log").read_text().splitlines()[-1]
    assert "-Xmx3g" in told
    assert "-Da.b=c" in told
    assert f"-Drobolectric.dependency.dir={build.out}/robolectric" in told
    assert (build.out / "robolectric/d.jar").readlink() == Path("/cache/d.jar")
    path = told.split(" -cp ")[1].split(" ")[0].split(":")
    assert path[-1] == "/cache/e.jar"
    configuration = build.out / "app/test/configuration"
    assert str(configuration) in path
    text = (configuration / "com/android/tools/test_config.properties").read_text()
    assert f"android_resource_apk={build.out}/app/resources-test/resources.apk\n" in text
    assert "android_custom_package=dev.example\n" in text


def test_a_picture_that_no_test_draws(build: Build) -> None:
    pictures = build.project.root.parent / "docs/android"
    pictures.mkdir(parents=True)
    (pictures / "old.png").touch()
    report(build, "works")
    with pytest.raises(CheckError, match=r"no test draws old\.png"):
        run_tests(build, build.units["app/test"], [])


def test_to_take_pictures_only_what_draws_runs(build: Build) -> None:
    unit = build.units["app/test"]
    for path in unit.sources:
        path.write_text(f"package dev.example\nclass {path.stem} {{\n    @Test fun {path.stem}() {{}}\n}}\n")
    report(build, "ScreenshotsTest")
    assert run_tests(build, unit, [], is_recording=True).passed == 1
    told = Path(f"{build.java.java}.log").read_text().splitlines()[-1]
    assert r"--include-classname=.*\.\w*ScreenshotsTest" in told
    assert "-Droborazzi.test.record=true" in told
