"""The whole check of the Kotlin project: what Gradle would build and test, on a machine without Gradle."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from android.check.build import Build
from android.check.compiling import compile_all
from android.check.errors import CheckError
from android.check.junit import run_tests
from android.check.lock import refuse_leftovers, write_lock
from android.check.packaging import Tools, package_all
from android.check.project import read_project
from android.check.resolved import LOCK, OUT, Resolved, resolve
from android.check.running import program, units_to_run
from android.check.style import check_style, kotlin_files, mend_style, refuse_long
from android.check.units import MAIN, TEST, units_for, units_of

_ROOT = Path(__file__).resolve().parents[1]
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


def _run(words: Sequence[str]) -> NoReturn:
    """Become the program of a module; what the check has to say goes to standard error."""
    if not words:
        raise CheckError("--run names no module", "python -m android.check --run sample-cli --help")
    project = read_project(_ROOT)
    units = units_to_run(project, units_of(project), words[0])
    build = resolve(project, is_locking=False).build(units)
    compile_all(build, lambda text: _errors.print(text, markup=False))
    command = program(build, words[0])
    os.execv(command[0], [*command, *words[1:]])  # noqa: S606 - the program takes this one's place


def _take_screenshots() -> None:
    project = read_project(_ROOT)
    names = {name for name, module in project.modules.items() if module.application}
    units = units_for(project, units_of(project), names)
    resolved = resolve(project, is_locking=False)
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
    resolved = resolve(project, is_locking=False)
    build = resolved.build({name: unit for name, unit in units_of(project).items() if unit.kind == MAIN})
    compile_all(build, _tell)
    _package_applications(build, resolved)


def _package_applications(build: Build, resolved: Resolved) -> None:
    for module in build.project.modules.values():
        if module.application:
            package_all(build, module, Tools(resolved.tool("r8"), resolved.tool("apksig")), _tell)


def _check(chosen: set[str], *, is_locking: bool, is_formatting: bool) -> None:
    started = time.monotonic()
    project = read_project(_ROOT)
    if unknown := sorted(chosen - set(project.modules)):
        raise CheckError(f"no module {', '.join(unknown)}", f"choose of {', '.join(project.modules)}")
    units = units_of(project)
    resolved = resolve(project, is_locking=is_locking)
    if is_locking:
        write_lock(LOCK, resolved.everything)
        _tell(f"wrote {LOCK}: {len(set(resolved.everything))} artefacts")
        return
    refuse_leftovers(LOCK, resolved.everything)
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
    check_style(files, _ROOT.parent / ".editorconfig", resolved.tool("ktlint"), resolved.java, OUT)
    if not chosen:
        _package_applications(build, resolved)
    _tell(f"Kotlin: {_counted(passed, skipped)} in {len(project.modules)} modules, {time.monotonic() - started:.0f} s")


def _counted(passed: int, skipped: int) -> str:
    return f"{passed} passed" + (f", {skipped} skipped" if skipped else "")


def _tell(text: str) -> None:
    _console.print(text, markup=False)


if __name__ == "__main__":
    main()
