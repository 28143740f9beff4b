from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.build import Build
from android.check.errors import CheckError
from android.check.junit import Outcome, declared_tests, run_tests
from android.check.machine import Java
from android.check.project import read_project
from android.check.resolver import Artefact
from android.check.units import Unit, all_requests, units_of

Program = Callable[[str, str], Path]
SOURCE = """
package core.words

import org.junit.jupiter.api.Test

class WordsTest {
    /** Not this: @Test fun commented() */
    // @Test fun commentedToo() {}
    @Test
    fun `a sentence with a (bracket), and a comma`() {}

    @Test
    @Tag("slow")
    fun plain() = runTest { }

    @TestFactory
    fun `what the vectors say`() = suite("words").cases("list") { }

    @ParameterizedTest
    @ValueSource(strings = ["a fun b"])
    internal fun given(word: String) {}

    @Nested
    inner class Inner {
        @org.junit.jupiter.api.Test fun inside() {}
    }

    fun helper() {}
}
"""
NAMES = ["a sentence with a (bracket), and a comma", "plain", "what the vectors say", "given", "inside"]


@pytest.fixture
def unit(gradle: Path) -> Unit:
    path = gradle / "core/src/test/kotlin/CoreTest.kt"
    path.write_text(SOURCE)
    return units_of(read_project(gradle))["core/test"]


def build_of(gradle: Path, program: Program, report: str, code: int = 0) -> Build:
    """Tests run by a stand-in that writes this report."""
    java = program(
        "java",
        f'echo "$PWD $UPCALL_PYTHON $@" > "$0.log"\nfor argument; do case "$argument" in --reports-dir=*) '
        f'folder="${{argument#--reports-dir=}}";; esac; done\nmkdir -p "$folder"\n'
        f"cat > \"$folder/TEST-junit-jupiter.xml\" <<'END'\n{report}\nEND\nexit {code}",
    )
    project = read_project(gradle)
    artefacts = {request: [Artefact("g:one:1", Path("/cache/one.jar"), "")] for request in all_requests(project)}
    return Build(project, units_of(project), artefacts, [], Java(str(java), "javac", "17"), gradle / "build")


def report(*cases: str, time: str = "1.5") -> str:
    def entry(case: str) -> str:
        name, _, rest = case.partition("|")
        owner = "core.words.WordsTest$Inner" if name == "inside()" else "core.words.WordsTest"
        return f'<testcase name="{name}" classname="{owner}">{rest}</testcase>'

    return f'<testsuite time="{time}">{"".join(map(entry, cases))}</testsuite>'


RAN = [
    "a sentence with a (bracket), and a comma()",
    "plain()",
    "what the vectors say()[1]",
    "what the vectors say()[2]",
    "given(String)[1]",
    "inside()",
]


def test_declared_tests(unit: Unit) -> None:
    assert declared_tests(unit.sources) == Counter(("core.words", name) for name in NAMES)


def test_a_run_of_all(gradle: Path, unit: Unit, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPCALL_PYTHON", "/usr/bin/python")
    build = build_of(gradle, program, report(*RAN[:-1], "inside()|<skipped/>"))
    console = [Artefact("g:console:1", Path("/cache/console.jar"), "")]
    assert run_tests(build, unit, console) == Outcome(passed=5, skipped=1, seconds=1.5)
    told = Path(f"{build.java.java}.log").read_text()
    assert told.startswith(f"{gradle}/core /usr/bin/python -Xmx2g -cp {gradle}/build/core/test/classes:")
    assert ":/cache/one.jar:/cache/console.jar org.junit.platform.console.ConsoleLauncher" in told
    assert f"--scan-class-path={gradle}/build/core/test/classes" in told


@pytest.mark.parametrize("missing", range(len(RAN)))
def test_a_declared_test_that_did_not_run(gradle: Path, unit: Unit, program: Program, missing: int) -> None:
    if "vectors" in RAN[missing]:
        cases = [case for case in RAN if "vectors" not in case]
    else:
        cases = [case for case in RAN if case != RAN[missing]]
    build = build_of(gradle, program, report(*cases))
    name = RAN[missing].rpartition("(")[0]
    with pytest.raises(CheckError) as caught:
        run_tests(build, unit, [])
    assert str(caught.value) == f"core declares tests that did not run:\n  core.words: {name}"


def test_a_failure_and_a_run_of_nothing(gradle: Path, unit: Unit, program: Program) -> None:
    with pytest.raises(CheckError, match="tests of core failed"):
        run_tests(build_of(gradle, program, report(*RAN), code=1), unit, [])
    with pytest.raises(CheckError, match="tests of core failed"):
        run_tests(build_of(gradle, program, report()), unit, [])


def test_an_old_report_does_not_count(gradle: Path, unit: Unit, program: Program) -> None:
    build = build_of(gradle, program, report(*RAN))
    run_tests(build, unit, [])
    silent = dataclasses.replace(build, java=Java(str(program("silent", "exit 0")), "javac", "17"))
    with pytest.raises(CheckError, match="failed"):
        run_tests(silent, unit, [])
