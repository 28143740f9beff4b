"""The Gradle project as its files tell it: the only list of modules, dependencies, versions and compiler options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from android.check.application import Application, read_application, read_processing
from android.check.catalogue import Catalogue, read_catalogue
from android.check.dependencies import Dependency, read_dependency
from android.check.errors import CheckError, NotUnderstoodError
from android.check.protobuf import Generation, read_generation, read_sources
from android.check.script import Statement, read_script

SCRIPT = "build.gradle.kts"
_KOTLIN_PLUGIN = "org.jetbrains.kotlin.jvm"
_PLUGINS = {_KOTLIN_PLUGIN, "com.google.protobuf"}
APPLICATION_PLUGIN = "com.android.application"
_APPLICATION_PLUGINS = {
    APPLICATION_PLUGIN,
    "org.jetbrains.kotlin.plugin.compose",
    "org.jetbrains.kotlin.plugin.serialization",
    "com.google.devtools.ksp",
}
_CORE_PLUGINS = {"application", "`java-library`", "`java-test-fixtures`"}
_REPOSITORIES = {"google()", "mavenCentral()", "gradlePluginPortal()"}
_CLASSES_OF_AAR = 'apply(from = "../gradle/classes-of-aar.gradle.kts")'  # the catalogue's STAND_INS do so here


@dataclass
class Module:
    """One module.

    Args:
        name: as settings.gradle.kts includes it, without the colon.
        folder: of its script and sources.
        plugins: identifiers.
        dependencies: in order.
        jdk: release of Java that it is compiled for.
        explicit_api: every public name of its main sources must say so.
        warnings_as_errors: for all its sources.
        options: more of the compiler, as ``-opt-in=NAME``.
        heap: most memory of its tests, as ``2g``.
        generation: of code from proto files, if any.
        main_class: of a program, or empty.
        application: for Android, if it is one.
    """

    name: str
    folder: Path
    plugins: set[str] = field(default_factory=set)
    dependencies: list[Dependency] = field(default_factory=list)
    jdk: int = 0
    explicit_api: bool = False
    warnings_as_errors: bool = False
    options: list[str] = field(default_factory=list)
    heap: str = "512m"
    generation: Generation | None = None
    main_class: str = ""
    application: Application | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """All modules, a module after those that it depends on.

    Args:
        root: folder of settings.gradle.kts.
        catalogue: of versions.
        modules: by name.
    """

    root: Path
    catalogue: Catalogue
    modules: dict[str, Module]


def read_project(root: Path) -> Project:
    """Read all Gradle files under a folder. Raises CheckError for what is not understood, unused, missing or circular."""
    catalogue = read_catalogue(root / "gradle" / "libs.versions.toml")
    names = _read_settings(root / "settings.gradle.kts")
    _refuse_properties(root / "gradle.properties")
    for statement in read_script(root / SCRIPT):
        if statement.text != "plugins":
            raise statement.refusal()
        for line in statement.block():
            if not (match := line.match(r"alias\(libs\.plugins\.([\w.]+)\) apply false")):
                raise line.refusal()
            _ = catalogue.plugin(match[1])
    modules = {name: _read_module(name, root / name, catalogue) for name in names}
    for script in sorted(root.glob(f"*/{SCRIPT}")):
        if script.parent.name not in modules:
            raise CheckError(f"{script} belongs to no module", "include it in settings.gradle.kts, or delete it")
    project = Project(root, catalogue, {module.name: module for module in _in_order(modules)})
    catalogue.refuse_unused(has_application=has_application(project))
    return project


def has_application(project: Project) -> bool:
    """Whether a module is an application for Android."""
    return any(module.application for module in project.modules.values())


def _read_settings(path: Path) -> list[str]:
    if not path.is_file():
        raise CheckError(f"{path} is missing")
    names: list[str] = []
    for statement in read_script(path):
        if statement.match(r'rootProject\.name = "[\w-]+"'):
            continue
        if match := statement.match(r"include\((.+?),? ?\)"):
            for name in match[1].split(","):
                if not re.fullmatch(r'":[\w-]+"', name.strip()):
                    raise statement.refusal()
                names.append(name.strip()[2:-1])
        elif statement.text in ("pluginManagement", "dependencyResolutionManagement"):
            for block in statement.block():
                if block.text != "repositories":
                    raise block.refusal()
                for line in block.block():
                    if line.text not in _REPOSITORIES:
                        raise line.refusal()
        else:
            raise statement.refusal()
    return names


def _refuse_properties(path: Path) -> None:
    """Raise NotUnderstoodError for settings of the build that are more than memory for Gradle."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith(("#", "org.gradle.jvmargs=")):
            raise NotUnderstoodError(path, number, line)


def _read_module(name: str, folder: Path, catalogue: Catalogue) -> Module:
    script = folder / SCRIPT
    if not script.is_file():
        raise CheckError(f"{script} is missing, but settings.gradle.kts includes :{name}")
    module = Module(name, folder)
    sources: tuple[Path, tuple[str, ...]] | None = None
    for statement in read_script(script):
        match statement.text:
            case text if text == _CLASSES_OF_AAR:
                pass
            case "plugins":
                _read_plugins(module, statement.block(), catalogue)
            case "kotlin":
                _read_kotlin(module, statement.block())
            case "dependencies":
                is_application = APPLICATION_PLUGIN in module.plugins
                module.dependencies += [
                    read_dependency(line, catalogue, is_application=is_application) for line in statement.block()
                ]
            case "android":
                module.application = read_application(statement, folder)
                module.heap = module.application.test_heap
            case "ksp" if module.application:
                read_processing(statement, module.application)
            case "tasks.test":
                _read_test(module, statement.block())
            case "application":
                for line in statement.block():
                    if not (match := line.match(r'mainClass = "([\w.]+)"')):
                        raise line.refusal()
                    module.main_class = match[1]
            case "sourceSets":
                sources = read_sources(statement, folder)
            case "protobuf":
                module.generation = read_generation(statement, catalogue)
            case _:
                raise statement.refusal()
    _refuse_half(module, script)
    if (module.generation is not None) != (sources is not None):
        raise CheckError(f"{script} says only one of where its proto files are and what they become")
    if module.generation and sources:
        module.generation = module.generation.of(*sources)
    return module


def _refuse_half(module: Module, script: Path) -> None:
    if not {_KOTLIN_PLUGIN, APPLICATION_PLUGIN} & module.plugins or not module.jdk:
        raise CheckError(f"{script} lacks the plugin {_KOTLIN_PLUGIN} or jvmToolchain(...)")
    if (APPLICATION_PLUGIN in module.plugins) != (module.application is not None):
        raise CheckError(f"{script} says only one of the plugin {APPLICATION_PLUGIN} and the block android")


def _read_plugins(module: Module, lines: Sequence[Statement], catalogue: Catalogue) -> None:
    for line in lines:
        if match := line.match(r"alias\(libs\.plugins\.([\w.]+)\)"):
            identifier, _ = catalogue.plugin(match[1])
            if identifier not in _PLUGINS | _APPLICATION_PLUGINS:
                raise line.refusal()
            module.plugins.add(identifier)
        elif line.text in _CORE_PLUGINS:
            module.plugins.add(line.text.strip("`"))
        else:
            raise line.refusal()


def _read_kotlin(module: Module, lines: Sequence[Statement]) -> None:
    for line in lines:
        if match := line.match(r"jvmToolchain\((\d+)\)"):
            module.jdk = int(match[1])
        elif line.match(r"explicitApi\(\)"):
            module.explicit_api = True
        elif line.text == "compilerOptions":
            for option in line.block():
                if option.text == "allWarningsAsErrors = true":
                    module.warnings_as_errors = True
                elif match := option.match(r'optIn\.add\("([\w.]+)"\)'):
                    module.options.append(f"-opt-in={match[1]}")
                else:
                    raise option.refusal()
        else:
            raise line.refusal()


def _read_test(module: Module, lines: Sequence[Statement]) -> None:
    for line in lines:
        if match := line.match(r'maxHeapSize = "(\d+[mg])"'):
            module.heap = match[1]
        elif line.text != "useJUnitPlatform()":
            raise line.refusal()


def _in_order(modules: dict[str, Module]) -> list[Module]:
    ordered: list[Module] = []
    waiting: list[str] = []

    def visit(name: str) -> None:
        if name not in modules:
            raise CheckError(f"{waiting[-1]} depends on the module {name}, which settings.gradle.kts does not include")
        if name in waiting:
            raise CheckError(f"modules depend on each other: {' -> '.join([*waiting, name])}")
        if modules[name] in ordered:
            return
        waiting.append(name)
        for dependency in modules[name].dependencies:
            if dependency.module and not dependency.fixtures:
                visit(dependency.module)
        _ = waiting.pop()
        ordered.append(modules[name])

    for name in modules:
        visit(name)
    return ordered
