from __future__ import annotations

from pathlib import Path

import pytest

from android.check.errors import CheckError
from android.check.project import read_project
from android.check.resolver import COMPILE, RUNTIME, Request
from android.check.units import (
    all_requests,
    compiled_against,
    debugged_with,
    processors_of,
    run_with,
    units_for,
    units_of,
)

KOTLIN = "org.jetbrains.kotlin:kotlin-stdlib:2.4.21"
COROUTINES = "org.jetbrains.kotlinx:kotlinx-coroutines-core:1.11.0"
JUNIT = "org.junit.jupiter:junit-jupiter:6.1.3"
JUNIT_WITHOUT = f"{JUNIT},exclude=org.opentest4j%opentest4j"


def test_units_stand_after_what_they_need(gradle: Path) -> None:
    units = units_of(read_project(gradle))
    assert list(units) == ["core/main", "net/main", "core/testFixtures", "core/test", "net/test"]
    assert [path.name for path in units["net/test"].sources] == ["NetTest.kt"]
    assert units["core/main"].resources == gradle / "core/src/main/resources"


def test_java_is_refused(gradle: Path) -> None:
    path = gradle / "core/src/main/java/A.java"
    path.parent.mkdir()
    path.touch()
    with pytest.raises(CheckError, match=r"A\.java is Java"):
        units_of(read_project(gradle))


def test_class_paths(gradle: Path) -> None:
    project = read_project(gradle)
    units = units_of(project)
    expected = {
        "core/main": ((), (KOTLIN, COROUTINES)),
        "net/main": (("core/main",), (KOTLIN, COROUTINES)),
        "core/testFixtures": (("core/main",), (KOTLIN, COROUTINES)),
        "core/test": (("core/main", "core/testFixtures"), (KOTLIN, COROUTINES, JUNIT)),
        "net/test": (("net/main", "core/main", "core/testFixtures"), (KOTLIN, COROUTINES, JUNIT_WITHOUT)),
    }
    for name, (needed, libraries) in expected.items():
        found = compiled_against(project, units[name])
        assert (found.units, found.libraries) == (needed, Request(libraries, COMPILE)), name
        found = run_with(project, units[name])
        assert (found.units, found.libraries) == (needed, Request(libraries, RUNTIME)), name


def test_what_a_module_does_not_offer_is_hidden_from_the_compiler_only(gradle: Path) -> None:
    script = gradle / "core/build.gradle.kts"
    script.write_text(script.read_text().replace("api(libs", "implementation(libs"))
    project = read_project(gradle)
    net = units_of(project)["net/main"]
    assert compiled_against(project, net).libraries == Request((KOTLIN,), COMPILE)
    assert run_with(project, net).libraries == Request((KOTLIN, COROUTINES), RUNTIME)


def test_requests_do_not_depend_on_what_has_sources(gradle: Path) -> None:
    project = read_project(gradle)
    before = all_requests(project)
    for path in gradle.glob("*/src/test/kotlin/*.kt"):
        path.unlink()
    assert all_requests(project) == before
    assert Request((KOTLIN, COROUTINES, JUNIT_WITHOUT), RUNTIME) in before


def test_one_module_with_what_it_needs(gradle: Path) -> None:
    project = read_project(gradle)
    units = units_of(project)
    assert list(units_for(project, units, {"core"})) == ["core/main", "core/testFixtures", "core/test"]
    assert list(units_for(project, units, {"net"})) == ["core/main", "net/main", "core/testFixtures", "net/test"]


def test_class_paths_of_an_application(gradle_app: Path) -> None:
    project = read_project(gradle_app)
    units = units_of(project)
    ui, bom = "androidx.compose.ui:ui:", ("androidx.compose:compose-bom:2026.09.00",)
    main = run_with(project, units["app/main"])
    assert main.units == ("net/main", "core/main")
    assert main.libraries == Request((KOTLIN, ui), RUNTIME, bom, is_android=True)
    debug = debugged_with(project, units["app/main"])
    assert debug.libraries.roots == (KOTLIN, ui, "androidx.compose.ui:ui-test-manifest:")
    test = compiled_against(project, units["app/test"])
    assert test.units[0] == "app/main"
    assert set(test.libraries.roots) == {*debug.libraries.roots, "junit:junit:4.13.2"}
    requests = all_requests(project)
    assert {main.libraries, debug.libraries, test.libraries} <= set(requests)
    assert processors_of(project.modules["app"]) == Request(("androidx.room:room-compiler:2.8.5",))
    assert processors_of(project.modules["app"]) in requests
    assert processors_of(project.modules["net"]) is None


def test_what_is_excluded_does_not_come_from_a_module_either(gradle_app: Path) -> None:
    script = gradle_app / "app/build.gradle.kts"
    text = script.read_text()
    script.write_text(text.replace('module = "kotlinx-coroutines-core"', 'module = "other"'))
    project = read_project(gradle_app)
    found = run_with(project, units_of(project)["app/main"]).libraries
    assert f"{COROUTINES},exclude=org.jetbrains.kotlinx%other" in found.roots
