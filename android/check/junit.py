"""The tests of a module in one virtual machine, and the proof that none was left out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from android.check.android_units import robolectric_options
from android.check.build import Build
from android.check.errors import CheckError
from android.check.pictures import CLASSES, drawing, next_step, picture_options, refuse_undrawn
from android.check.resolver import Artefact
from android.check.units import Unit, run_with

_MAIN = "org.junit.platform.console.ConsoleLauncher"
_OPTIONS = ["execute", "--disable-banner", "--details=none", "--disable-ansi-colors"]
_PACKAGE = re.compile(r"^package ([\w.]+)", re.MULTILINE)
_DECLARED = re.compile(
    r"@(?:org\.junit\.jupiter\.api\.|kotlin\.test\.)?(?:Test|TestFactory|ParameterizedTest|RepeatedTest|TestTemplate)\b"
    r"(?:\([^)]*\))?(?P<between>(?:(?!\bfun\b).)*?)\bfun\s+(?:`(?P<quoted>[^`]+)`|(?P<plain>\w+))",
    re.DOTALL,
)
_NO_CODE = re.compile(
    r"""`[^`\n]*` | \"{3}.*?\"{3} | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)+' | //[^\n]* | /\*.*?\*/""",
    re.VERBOSE | re.DOTALL,
)
"""Strings and comments; names in back quotes too, which may hold what looks like either."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the tests of a module ended.

    Args:
        passed: tests, each generated one counted.
        skipped: tests that said they cannot run here.
        seconds: of the whole run.
    """

    passed: int
    skipped: int
    seconds: float


def declared_tests(sources: Sequence[Path]) -> Counter[tuple[str, str]]:
    """Package and function of every test that the sources declare."""
    found: Counter[tuple[str, str]] = Counter()
    for path in sources:
        text = path.read_text(encoding="utf-8")
        package = _PACKAGE.search(text)
        for match in _DECLARED.finditer(_code(text)):
            found[(package[1] if package else "", match["quoted"] or match["plain"])] += 1
    return found


def run_tests(build: Build, unit: Unit, console: Sequence[Artefact], *, is_recording: bool = False) -> Outcome:
    """Run the tests of a unit.

    Args:
        build: that compiled it.
        unit: of tests.
        console: class path of what runs them.
        is_recording: only those that draw, to take their pictures anew.

    Raises CheckError for a failure, and where a declared test did not run.
    """
    needed = run_with(build.project, unit)
    entries = [path for name in (unit.name, *needed.units) for path in build.classes(name)]
    libraries = dict.fromkeys([*build.jars(needed.libraries), *(artefact.path for artefact in console)])
    module = build.project.modules[unit.module]
    reports, results = build.folder(unit) / "reports", build.folder(unit) / "pictures"
    shutil.rmtree(reports, ignore_errors=True)
    options = [f"-Xmx{module.heap}"]
    if module.application:
        entries += build.link_test(module)
        libraries |= {build.tools.stubs.path: None}  # last, as it holds old versions of what others bring
        options += robolectric_options(module.application, build.tools.robolectric, build.out)
        options += picture_options(results, is_recording=is_recording)
    command = [build.java.java, *options, "-cp", ":".join(map(str, [*entries, *libraries])), _MAIN]
    command += [*_OPTIONS, f"--scan-class-path={entries[0]}", f"--reports-dir={reports}"]
    sources = unit.sources
    if is_recording:
        sources = tuple(drawing(sources))
        command.append(f"--include-classname={CLASSES}")
    environment = {"UPCALL_PYTHON": sys.executable, **os.environ}
    done = subprocess.run(command, cwd=module.folder, env=environment, check=False)
    # JUnit has just written these files: no stranger's XML.
    suites = [ElementTree.parse(path).getroot() for path in sorted(reports.glob("TEST-*.xml"))]  # noqa: S314
    cases = [case for suite in suites for case in suite.iter("testcase")]
    if done.returncode or not cases:
        raise CheckError(f"the tests of {unit.module} failed", next_step(results))
    if missing := declared_tests(sources) - _ran(cases):
        names = "\n  ".join(f"{package}: {name}" for package, name in sorted(missing))
        raise CheckError(f"{unit.module} declares tests that did not run:\n  {names}")
    if module.application:
        refuse_undrawn(results, build.project.root.parent / "docs" / "android")
    skipped = sum(case.find("skipped") is not None for case in cases)
    return Outcome(len(cases) - skipped, skipped, sum(float(suite.get("time", "0")) for suite in suites))


def _ran(cases: Sequence[ElementTree.Element]) -> Counter[tuple[str, str]]:
    """Package and function of what ran; the tests that one function generates count once."""
    found = {
        (case.get("classname", ""), re.sub(r"(\([^()]*\))?(\[[^\]]*\])*$", "", case.get("name", ""))) for case in cases
    }
    return Counter((name.rpartition(".")[0], function) for name, function in found)


def _code(text: str) -> str:
    return _NO_CODE.sub(lambda found: found[0] if found[0].startswith("`") else "", text)
