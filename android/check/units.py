"""What is compiled together, in which order, and against what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from android.check.catalogue import Catalogue
from android.check.dependencies import Dependency
from android.check.errors import CheckError
from android.check.modules import Module
from android.check.project import Project
from android.check.resolver import COMPILE, RUNTIME, Request

MAIN, FIXTURES, TEST = "main", "testFixtures", "test"
_API = {"api"}
_MAIN_COMPILE = {"api", "implementation", "compileOnly"}
_MAIN_RUNTIME = {"api", "implementation", "runtimeOnly"}
_FIXTURES = {"testFixturesApi", "testFixturesImplementation"}
_TEST_COMPILE = {"testImplementation", "testCompileOnly"}
_TEST_RUNTIME = {"testImplementation", "testRuntimeOnly"}
_DEBUG = {"debugImplementation"}


@dataclass(frozen=True, slots=True)
class Unit:
    """The sources of one kind of one module, compiled together.

    Args:
        module: name.
        kind: MAIN, FIXTURES or TEST.
        sources: its Kotlin files, in order.
        resources: folder of its resources, whether or not there is one.
    """

    module: str
    kind: str
    sources: tuple[Path, ...]
    resources: Path

    @property
    def name(self) -> str:
        """MODULE/KIND."""
        return f"{self.module}/{self.kind}"


@dataclass(frozen=True, slots=True)
class ClassPath:
    """What a unit needs, the unit itself left out.

    Args:
        units: of this project, by MODULE/KIND.
        libraries: to resolve.
    """

    units: tuple[str, ...]
    libraries: Request


def units_of(project: Project) -> dict[str, Unit]:
    """Every unit that has sources, after those that it needs: all main ones, all fixtures, all tests.

    Raises CheckError for sources in Java.
    """
    found = {}
    for kind in (MAIN, FIXTURES, TEST):
        for module in project.modules.values():
            folder = module.folder / "src" / kind
            if java := sorted(folder.glob("**/*.java")):
                raise CheckError(f"{java[0]} is Java, which the check does not compile", "write it in Kotlin")
            sources = sorted(folder.glob("kotlin/**/*.kt"))
            if sources:
                unit = Unit(module.name, kind, tuple(sources), folder / "resources")
                found[unit.name] = unit
    return found


def compiled_against(project: Project, unit: Unit) -> ClassPath:
    """What the compiler sees: of another module only what it offers as its API."""
    return _gathered(project, unit, COMPILE)


def run_with(project: Project, unit: Unit) -> ClassPath:
    """What the virtual machine sees: everything but what only a compiler needs."""
    return _gathered(project, unit, RUNTIME)


def debugged_with(project: Project, unit: Unit) -> ClassPath:
    """What an application runs with that is debugged, beside its own classes."""
    return _gathered(project, unit, RUNTIME, is_debug=True)


def processors_of(module: Module) -> Request | None:
    """The generators of code that look at a module's sources, if there are any."""
    roots = [each.library.coordinate for each in module.dependencies if each.configuration == "ksp" and each.library]
    return Request(tuple(roots)) if roots else None


def units_for(project: Project, units: dict[str, Unit], modules: set[str]) -> dict[str, Unit]:
    """Of these units only those that the tests of some modules need."""
    needed: set[str] = set()
    for unit in units.values():
        if unit.module in modules:
            needed |= {unit.name, *compiled_against(project, unit).units, *run_with(project, unit).units}
    needed |= {name for one in list(needed) if one in units for name in run_with(project, units[one]).units}
    return {name: unit for name, unit in units.items() if name in needed}


def all_requests(project: Project) -> list[Request]:
    """Every class path, of kinds without sources too, so that the lock does not change with the first test; and what
    generates code.
    """
    found = []
    for module in project.modules.values():
        kinds = (MAIN, FIXTURES, TEST) if "java-test-fixtures" in module.plugins else (MAIN, TEST)
        for unit in (Unit(module.name, kind, (), module.folder) for kind in kinds):
            found.append(compiled_against(project, unit).libraries)
            if unit.kind == TEST or (unit.kind == MAIN and (module.main_class or module.application)):
                found.append(run_with(project, unit).libraries)
            if module.application and unit.kind == MAIN:
                found.append(debugged_with(project, unit).libraries)
        if processors := processors_of(module):
            found.append(processors)
        if module.generation:
            found.append(Request(module.generation.roots))
    return found


def _gathered(project: Project, unit: Unit, scope: str, *, is_debug: bool = False) -> ClassPath:
    units: dict[str, None] = {}
    libraries: dict[str, None] = {_standard_library(project.catalogue): None}
    platforms: dict[str, None] = {}
    module = project.modules[unit.module]
    for dependency in _declared(project, module, unit.kind, scope, is_debug=is_debug):
        if dependency.library and dependency.is_platform:
            platforms[dependency.library.coordinate] = None
        elif dependency.library:
            attributes = "".join(f",exclude={name.replace(':', '%')}" for name in dependency.excluded)
            libraries[dependency.library.coordinate + attributes] = None
        else:
            units[f"{dependency.module}/{FIXTURES if dependency.fixtures else MAIN}"] = None
    _ = units.pop(unit.name, None)
    request = Request(tuple(libraries), scope, tuple(platforms), is_android=module.application is not None)
    return ClassPath(tuple(units), request)


def _declared(project: Project, module: Module, kind: str, scope: str, *, is_debug: bool) -> Iterator[Dependency]:
    """Own dependencies of a kind, and those that they bring along."""
    compiling = scope == COMPILE
    main = _MAIN_COMPILE if compiling else _MAIN_RUNTIME
    if kind == MAIN:
        configurations = main | (_DEBUG if is_debug else set())
    elif kind == FIXTURES:
        configurations = _FIXTURES
        yield from _module(project, Dependency("api", module=module.name), compiling)
    else:
        configurations = main | _DEBUG | (_TEST_COMPILE if compiling else _TEST_RUNTIME)
        yield Dependency("implementation", module=module.name)
        if "java-test-fixtures" in module.plugins:
            yield from _module(project, Dependency("testImplementation", module=module.name, fixtures=True), compiling)
    for dependency in module.dependencies:
        if dependency.configuration in configurations:
            yield from _module(project, dependency, compiling)


def _module(project: Project, dependency: Dependency, compiling: bool) -> Iterator[Dependency]:
    """A dependency and, of a module, what it hands on and the dependency does not exclude."""
    if dependency.library and dependency.library.module in dependency.excluded:
        return
    yield dependency
    if not dependency.module:
        return
    other = project.modules[dependency.module]
    handed_on = _API if compiling else _MAIN_RUNTIME
    if dependency.fixtures:
        handed_on = {"testFixturesApi"} if compiling else _FIXTURES
        yield from _module(project, Dependency("api", module=other.name), compiling)
    for inherited in other.dependencies:
        if inherited.configuration in handed_on:
            excluded = tuple(dict.fromkeys((*inherited.excluded, *dependency.excluded)))
            yield from _module(project, replace(inherited, excluded=excluded), compiling)


def _standard_library(catalogue: Catalogue) -> str:
    """Gradle's Kotlin plugin adds it, in the plugin's own version."""
    return f"org.jetbrains.kotlin:kotlin-stdlib:{catalogue.library('check.kotlin.compiler').version}"
