from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.errors import CheckError
from android.check.machine import Java
from android.check.resolver import Artefact
from android.check.style import check_style, kotlin_files, mend_style, refuse_long


def test_sources_and_scripts_are_looked_at(gradle: Path) -> None:
    names = {path.relative_to(gradle).as_posix() for path in kotlin_files(gradle)}
    assert {"settings.gradle.kts", "net/build.gradle.kts", "core/src/testFixtures/kotlin/Fixtures.kt"} <= names
    assert not any("/build/" in name for name in names)


def test_long_files_are_named(tmp_path: Path) -> None:
    short, long = tmp_path / "Short.kt", tmp_path / "Long.kt"
    short.write_text("\n" * 250)
    long.write_text("\n" * 251)
    refuse_long([short])
    with pytest.raises(CheckError, match=r"Long\.kt: 251 lines"):
        refuse_long([short, long])


def test_what_passed_is_not_looked_at_again(tmp_path: Path, program: Callable[[str, str], Path]) -> None:
    java = Java(str(program("java", 'echo "$@" >> "$0.log"')), "javac", "17")
    source, other, editorconfig = tmp_path / "A.kt", tmp_path / "B.kt", tmp_path / ".editorconfig"
    source.write_text("a")
    other.write_text("other")
    editorconfig.write_text("b")
    ktlint = [Artefact("g:ktlint:1", Path("/cache/ktlint.jar"), "")]

    def looked_at() -> list[list[str]]:
        check_style([source, other], editorconfig, ktlint, java, tmp_path / "out")
        lines = Path(f"{java.java}.log").read_text().splitlines()
        return [[Path(word).name for word in line.split() if word.endswith(".kt")] for line in lines]

    both = ["A.kt", "B.kt"]
    assert (looked_at(), looked_at()) == ([both], [both])
    editorconfig.write_text("c")
    assert looked_at() == [both, both]
    source.write_text("d")
    assert looked_at() == [both, both, ["A.kt"]]
    assert looked_at() == [both, both, ["A.kt"]]
    mend_style([source], ktlint, java)
    told = Path(f"{java.java}.log").read_text().splitlines()[-1]
    assert told.endswith(f"com.pinterest.ktlint.Main --log-level=error --relative --format {source}")


def test_a_broken_rule_fails_each_time(tmp_path: Path, program: Callable[[str, str], Path]) -> None:
    java = Java(str(program("java", "exit 1")), "javac", "17")
    source = tmp_path / "A.kt"
    source.touch()
    for _ in range(2):
        with pytest.raises(CheckError, match="make android-format"):
            check_style([source], source, [], java, tmp_path / "out")
