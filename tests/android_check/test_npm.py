from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.errors import CheckError
from android.check.npm import fetch_classes

PACKAGE = "npm:react-native-executorch:1.2.3"
CLASSES = "package/android/libs/classes.jar"
Program = Callable[[str, str], Path]


@pytest.fixture
def npm(tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Stands in for npm: packs one file of a name."""

    def make(name: str) -> Path:
        package = tmp_path / "package.tgz"
        with tarfile.open(package, "w:gz") as archive:
            entry = tarfile.TarInfo(name)
            entry.size = 3
            archive.addfile(entry, io.BytesIO(b"jar"))
        path = program("npm", f'echo "$@" >> "$0.log"\nwhile [ $# -gt 1 ]; do shift; done\ncp {package} "$1"')
        monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
        return path

    return make


def test_the_classes_of_a_package(tmp_path: Path, npm: Callable[[str], Path]) -> None:
    called = npm(CLASSES)
    jar = fetch_classes(PACKAGE, tmp_path)
    assert jar.name == "react-native-executorch-1.2.3.jar"
    assert jar.read_bytes() == b"jar"
    assert "pack react-native-executorch@1.2.3" in Path(f"{called}.log").read_text()


def test_a_package_without_them(tmp_path: Path, npm: Callable[[str], Path]) -> None:
    npm("package/other")
    with pytest.raises(CheckError, match=f"holds no {CLASSES}"):
        fetch_classes(PACKAGE, tmp_path)
    with pytest.raises(CheckError, match="keeps its classes"):
        fetch_classes("npm:other:1", tmp_path)


def test_npm_that_fails_and_npm_that_is_missing(
    tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program("npm", "echo no such package >&2; exit 1")
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
    with pytest.raises(CheckError, match="no such package"):
        fetch_classes(PACKAGE, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(CheckError, match="npm is missing"):
        fetch_classes(PACKAGE, tmp_path)
