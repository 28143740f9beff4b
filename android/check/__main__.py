"""The whole check of the Kotlin project: what Gradle would build and test, on a machine without Gradle."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from android.check.compiling import Build, compile_all
from android.check.errors import CheckError
from android.check.junit import run_tests
from android.check.lock import refuse_leftovers, refuse_unlocked, write_lock
from android.check.machine import find_java, require_maven
from android.check.project import read_project
from android.check.resolver import Request, Resolver
from android.check.running import program, units_to_run
from android.check.style import check_style, kotlin_files, mend_style, refuse_long
from android.check.units import TEST, all_requests, units_for, units_of

_ROOT = Path(__file__).resolve().parents[1]
_LOCK = Path(__file__).with_name("lock.json")
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
        _check(set(given.modules), is_locking=given.lock, is_formatting=given.format)
    except CheckError as error:
        _errors.print(str(error), markup=False, style="red")
        raise SystemExit(1) from None


def _run(words: Sequence[str]) -> NoReturn:
    """Become the program of a module; what the check has to say goes to standard error."""
    if not words:
        raise CheckError("--run names no module", "python -m android.check --run sample-cli --help")
    java = find_java()
    require_maven()
    project = read_project(_ROOT)
    out = _ROOT / "build" / "check"
    units = units_to_run(project, units_of(project), words[0])
    compiler = Request((project.catalogue.library("check.kotlin.compiler").coordinate,))
    resolver = Resolver(java.java, project.catalogue.library("check.coursier"), out / "resolved")
    artefacts = resolver.resolve([compiler, *all_requests(project)])
    refuse_unlocked(_LOCK, [artefact for found in artefacts.values() for artefact in found])
    build = Build(project, units, artefacts, artefacts[compiler], java, out)
    compile_all(build, lambda text: _errors.print(text, markup=False))
    command = program(build, words[0])
    os.execv(command[0], [*command, *words[1:]])  # noqa: S606 - the program takes this one's place


def _check(chosen: set[str], *, is_locking: bool, is_formatting: bool) -> None:
    started = time.monotonic()
    java = find_java()
    require_maven()
    project = read_project(_ROOT)
    if unknown := sorted(chosen - set(project.modules)):
        raise CheckError(f"no module {', '.join(unknown)}", f"choose of {', '.join(project.modules)}")
    out = _ROOT / "build" / "check"
    units = units_of(project)
    tools = {
        name: Request((project.catalogue.library(f"check.{name}").coordinate,))
        for name in ("kotlin.compiler", "ktlint", "junit.console")
    }
    resolver = Resolver(java.java, project.catalogue.library("check.coursier"), out / "resolved")
    if not is_locking:
        refuse_unlocked(_LOCK, resolver.coursier)
    artefacts = resolver.resolve([*tools.values(), *all_requests(project)])
    everything = [*resolver.coursier, *(artefact for found in artefacts.values() for artefact in found)]
    if is_locking:
        write_lock(_LOCK, everything)
        _tell(f"wrote {_LOCK}: {len(set(everything))} artefacts")
        return
    refuse_unlocked(_LOCK, everything)
    refuse_leftovers(_LOCK, everything)
    files = kotlin_files(_ROOT)
    if is_formatting:
        mend_style(files, artefacts[tools["ktlint"]], java)
        return
    if chosen:
        units = units_for(project, units, chosen)
    build = Build(project, units, artefacts, artefacts[tools["kotlin.compiler"]], java, out)
    compile_all(build, _tell)
    passed = skipped = 0
    problems = []
    for unit in units.values():
        if unit.kind == TEST and (not chosen or unit.module in chosen):
            try:
                outcome = run_tests(build, unit, artefacts[tools["junit.console"]])
            except CheckError as error:  # the other modules are still worth a look
                problems.append(str(error))
                continue
            _tell(f"{unit.module}: {_counted(outcome.passed, outcome.skipped)} in {outcome.seconds:.1f} s")
            passed, skipped = passed + outcome.passed, skipped + outcome.skipped
    if problems:
        raise CheckError("\n".join(problems))
    refuse_long(files)
    check_style(files, _ROOT.parent / ".editorconfig", artefacts[tools["ktlint"]], java, out)
    _tell(f"Kotlin: {_counted(passed, skipped)} in {len(project.modules)} modules, {time.monotonic() - started:.0f} s")


def _counted(passed: int, skipped: int) -> str:
    return f"{passed} passed" + (f", {skipped} skipped" if skipped else "")


def _tell(text: str) -> None:
    _console.print(text, markup=False)


if __name__ == "__main__":
    main()
