"""The Gradle project as its files tell it: the only list of modules, dependencies, versions and compiler options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from android.check.catalogue import Catalogue, read_catalogue
from android.check.errors import CheckError, NotUnderstoodError
from android.check.modules import SCRIPT, Module, read_module
from android.check.script import read_script

_REPOSITORIES = {"google()", "mavenCentral()", "gradlePluginPortal()"}


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
    modules = {name: read_module(name, root / name, catalogue) for name in names}
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
