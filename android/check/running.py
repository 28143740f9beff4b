"""The program of a module, compiled and started."""

from __future__ import annotations

from android.check.build import Build
from android.check.errors import CheckError
from android.check.project import Project
from android.check.units import MAIN, Unit, run_with


def units_to_run(project: Project, units: dict[str, Unit], module: str) -> dict[str, Unit]:
    """Of these units only those that the program of a module needs. Raises CheckError where it has none."""
    programs = [name for name, each in project.modules.items() if each.main_class]
    if module not in programs:
        raise CheckError(f"the module {module} has no program", f"choose of {', '.join(programs)}")
    needed = {f"{module}/{MAIN}", *run_with(project, units[f"{module}/{MAIN}"]).units}
    return {name: unit for name, unit in units.items() if name in needed}


def program(build: Build, module: str) -> list[str]:
    """The command that starts the program of a module, its own arguments left out."""
    unit = build.units[f"{module}/{MAIN}"]
    needed = run_with(build.project, unit)
    entries = [path for name in (unit.name, *needed.units) for path in build.classes(name)]
    entries += [artefact.path for artefact in build.artefacts[needed.libraries]]
    return [build.java.java, "-cp", ":".join(map(str, entries)), build.project.modules[module].main_class]
