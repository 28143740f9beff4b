from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.errors import CheckError
from android.check.machine import find_java, require_maven

Program = Callable[[str, str], Path]


def java(program: Program, version: str) -> Path:
    program("javac", "")
    return program("java", f"""echo 'openjdk version "{version}" 2026-10-20' >&2""")


@pytest.mark.parametrize("version", ["17.0.15", "21", "25.0.1+8"])
def test_the_kit_of_java_home_or_of_the_path(program: Program, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    path = java(program, version)
    monkeypatch.setenv("JAVA_HOME", str(path.parent.parent))
    found = find_java()
    assert (found.java, found.javac, found.version) == (str(path), str(path.with_name("javac")), version)
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(path.parent))
    assert find_java() == found


@pytest.mark.parametrize("version", ["11.0.2", "1.8.0_392"])
def test_an_old_one_is_refused(program: Program, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(program, version).parent.parent))
    with pytest.raises(CheckError, match=f"is {version}.*\n.*JDK 17"):
        find_java()


def test_a_machine_without(tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(CheckError, match="no Java development kit in PATH"):
        find_java()
    with pytest.raises(CheckError, match="no Maven in PATH"):
        require_maven()
    java(program, "17").with_name("javac").unlink()  # a runtime, not a kit
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(CheckError, match="no Java development kit in JAVA_HOME="):
        find_java()
    program("mvn", "")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    require_maven()
