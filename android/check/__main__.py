"""The whole check of the Kotlin project: what Gradle would build and test, on a machine without Gradle."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from android.check.aapt import find_aapt
from android.check.android_units import AndroidTools
from android.check.build import Build
from android.check.catalogue import APPLICATION_TOOLS, TOOLS
from android.check.compiling import compile_all
from android.check.errors import CheckError
from android.check.junit import run_tests
from android.check.lock import likely_versions, refuse_leftovers, refuse_unlocked, write_lock
from android.check.machine import Java, find_java, require_maven
from android.check.packaging import Tools, package_all
from android.check.project import Project, has_application, read_project
from android.check.resolver import Artefact, Request, Resolver
from android.check.running import program, units_to_run
from android.check.style import check_style, kotlin_files, mend_style, refuse_long
from android.check.units import MAIN, TEST, Unit, all_requests, units_for, units_of

_ROOT = Path(__file__).resolve().parents[1]
_LOCK = Path(__file__).with_name("lock.json")
_OUT = _ROOT / "build" / "check"
_TOOLS = tuple(alias.removeprefix("check.") for alias in sorted(TOOLS) if alias != "check.coursier")
_APPLICATION_TOOLS = tuple(alias.removeprefix("check.") for alias in sorted(APPLICATION_TOOLS))
_DESCRIPTION = """Compile, check and test the Kotlin modules of android/.

Reads settings.gradle.kts, gradle/libs.versions.toml and each build.gradle.kts, and refuses what it does not understand.
Needs a JDK 17, Maven and npm. Artefacts come from the registries that they are set to, into their usual folders, and
must be those of android/check/lock.json."""
_console = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the check; ends in 1 with what is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m android.check", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="only these, with what they need; all by default")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--lock", action="store_true", help="only resolve, and accept what was resolved")
    what.add_argument("--screenshots", action="store_true", help="only take the pictures of docs/android anew")
    what.add_argument("--packages", action="store_true", help="only compile, and make and look at the APKs")
    what.add_argument("--format", action="store_true", help="only let ktlint mend the sources")
    what.add_argument(
        "--run",
        nargs=argparse.REMAINDER,
        metavar="MODULE",
        help="compile a module's program and run it with what follows",
    )
    given = parser.parse_args()
    try:
        if given.run is not None:
            _run(given.run)
        if given.screenshots:
            _take_screenshots()
        elif given.packages:
            _package()
        else:
            _check(set(given.modules), is_locking=given.lock, is_formatting=given.format)
    except CheckError as error:
        _errors.print(str(error), markup=False, style="red")
        raise SystemExit(1) from None


@dataclass(frozen=True, slots=True)
class _Resolved:
    """What the project and its tools need, as it lies on this machine.

    Args:
        java: the development kit.
        project: as the Gradle files tell it.
        artefacts: of each request, the tools' included.
        everything: coursier's own artefacts too.
    """

    java: Java
    project: Project
    artefacts: Mapping[Request, Sequence[Artefact]]
    everything: Sequence[Artefact]

    def tool(self, name: str) -> Sequence[Artefact]:
        """The class path of a tool."""
        return self.artefacts[_tool(self.project, name)]

    def build(self, units: dict[str, Unit]) -> Build:
        """Of these units."""
        is_for_android = any(self.project.modules[unit.module].application for unit in units.values())
        android = self._android() if is_for_android else None
        return Build(self.project, units, self.artefacts, self.tool("kotlin.compiler"), self.java, _OUT, android)

    def console(self, unit: Unit) -> Sequence[Artefact]:
        """What runs tests; those of an application are JUnit 4's."""
        is_old = self.project.modules[unit.module].application is not None
        return [*self.tool("junit.console"), *(self.tool("junit.vintage") if is_old else ())]

    def _android(self) -> AndroidTools:
        return AndroidTools(
            aapt=find_aapt(),
            framework=self._one("android.framework"),
            merger=self.tool("manifest.merger"),
            ksp=self.tool("ksp"),
            compose=self._one("compose.compiler"),
            serialization=self._one("serialization.compiler"),
            robolectric=[self._one("robolectric.framework"), self._one("robolectric.oldest")],
            stubs=self._one("robolectric.stubs"),
        )

    def _one(self, name: str) -> Artefact:
        """The tool's own artefact, without what it needs."""
        module = self.project.catalogue.library(f"check.{name}").module
        return next(artefact for artefact in self.tool(name) if artefact.module == module)


def _resolved(project: Project, *, is_locking: bool) -> _Resolved:
    """Resolve all of it. Raises CheckError for what the lock does not hold, unless it is about to be written."""
    java = find_java()
    require_maven()
    coursier = project.catalogue.library("check.coursier")
    resolver = Resolver(java.java, coursier, _OUT / "resolved", likely=likely_versions(_LOCK))
    if not is_locking:
        refuse_unlocked(_LOCK, resolver.coursier)
    artefacts = resolver.resolve([*(_tool(project, name) for name in _tools(project)), *all_requests(project)])
    everything = [*resolver.coursier, *(artefact for found in artefacts.values() for artefact in found)]
    if not is_locking:
        refuse_unlocked(_LOCK, everything)
    return _Resolved(java, project, artefacts, everything)


def _tools(project: Project) -> tuple[str, ...]:
    return (*_TOOLS, *(_APPLICATION_TOOLS if has_application(project) else ()))


def _tool(project: Project, name: str) -> Request:
    return Request((project.catalogue.library(f"check.{name}").coordinate,))


def _run(words: Sequence[str]) -> NoReturn:
    """Become the program of a module; what the check has to say goes to standard error."""
    if not words:
        raise CheckError("--run names no module", "python -m android.check --run sample-cli --help")
    project = read_project(_ROOT)
    units = units_to_run(project, units_of(project), words[0])
    build = _resolved(project, is_locking=False).build(units)
    compile_all(build, lambda text: _errors.print(text, markup=False))
    command = program(build, words[0])
    os.execv(command[0], [*command, *words[1:]])  # noqa: S606 - the program takes this one's place


def _take_screenshots() -> None:
    project = read_project(_ROOT)
    names = {name for name, module in project.modules.items() if module.application}
    units = units_for(project, units_of(project), names)
    resolved = _resolved(project, is_locking=False)
    build = resolved.build(units)
    compile_all(build, _tell)
    for unit in units.values():
        if unit.kind == TEST and unit.module in names:
            outcome = run_tests(build, unit, resolved.console(unit), is_recording=True)
            _tell(
                f"{unit.module}: {_counted(outcome.passed, outcome.skipped)} in {outcome.seconds:.1f} s; see git diff"
            )


def _package() -> None:
    """Make the APKs, whatever the tests would say."""
    project = read_project(_ROOT)
    resolved = _resolved(project, is_locking=False)
    build = resolved.build({name: unit for name, unit in units_of(project).items() if unit.kind == MAIN})
    compile_all(build, _tell)
    _package_applications(build, resolved)


def _package_applications(build: Build, resolved: _Resolved) -> None:
    for module in build.project.modules.values():
        if module.application:
            package_all(build, module, Tools(resolved.tool("r8"), resolved.tool("apksig")), _tell)


def _check(chosen: set[str], *, is_locking: bool, is_formatting: bool) -> None:
    started = time.monotonic()
    project = read_project(_ROOT)
    if unknown := sorted(chosen - set(project.modules)):
        raise CheckError(f"no module {', '.join(unknown)}", f"choose of {', '.join(project.modules)}")
    units = units_of(project)
    resolved = _resolved(project, is_locking=is_locking)
    if is_locking:
        write_lock(_LOCK, resolved.everything)
        _tell(f"wrote {_LOCK}: {len(set(resolved.everything))} artefacts")
        return
    refuse_leftovers(_LOCK, resolved.everything)
    files = kotlin_files(_ROOT)
    if is_formatting:
        mend_style(files, resolved.tool("ktlint"), resolved.java)
        return
    if chosen:
        units = units_for(project, units, chosen)
    build = resolved.build(units)
    compile_all(build, _tell)
    passed = skipped = 0
    problems = []
    for unit in units.values():
        if unit.kind == TEST and (not chosen or unit.module in chosen):
            try:
                outcome = run_tests(build, unit, resolved.console(unit))
            except CheckError as error:  # the other modules are still worth a look
                problems.append(str(error))
                continue
            _tell(f"{unit.module}: {_counted(outcome.passed, outcome.skipped)} in {outcome.seconds:.1f} s")
            passed, skipped = passed + outcome.passed, skipped + outcome.skipped
    if problems:
        raise CheckError("\n".join(problems))
    refuse_long(files)
    check_style(files, _ROOT.parent / ".editorconfig", resolved.tool("ktlint"), resolved.java, _OUT)
    if not chosen:
        _package_applications(build, resolved)
    _tell(f"Kotlin: {_counted(passed, skipped)} in {len(project.modules)} modules, {time.monotonic() - started:.0f} s")


def _counted(passed: int, skipped: int) -> str:
    return f"{passed} passed" + (f", {skipped} skipped" if skipped else "")


def _tell(text: str) -> None:
    _console.print(text, markup=False)


if __name__ == "__main__":
    main()
