from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.dexing import Dexer, jar_of
from android.check.errors import CheckError
from android.check.machine import Java
from android.check.resolver import Artefact

Program = Callable[[str, str], Path]
COMPILER = """
echo "$@" >> "$0.log"
while [ $# -gt 0 ]; do case "$1" in --output) echo code > "$2";; --pg-map-output) echo names > "$2";; esac; shift; done
"""


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    path = tmp_path / "a.jar"
    path.write_bytes(b"classes")
    return path


def dexer(tmp_path: Path, java: Path) -> Dexer:
    kit = Java(str(java), str(java.with_name("javac")), "17")
    for name in ("r8.jar", "android.jar"):
        (tmp_path / name).write_bytes(name.encode())
    r8 = Artefact("com.android.tools:r8:1", tmp_path / "r8.jar", "1")
    return Dexer(kit, [r8], Artefact("org.robolectric:android-all:1", tmp_path / "android.jar", "2"), 26)


def test_bytecode_is_made_once_for_the_same_classes(tmp_path: Path, program: Program, jar: Path) -> None:
    java = program("java", COMPILER)
    found = dexer(tmp_path, java).debug([jar], tmp_path / "out")
    assert found.read_text() == "code\n"
    dexer(tmp_path, java).debug([jar], tmp_path / "out")
    log = Path(f"{java}.log").read_text().splitlines()
    assert len(log) == 1
    assert "com.android.tools.r8.D8 --debug --min-api 26" in log[0]
    assert log[0].endswith(f" {jar}")
    jar.write_bytes(b"others")
    dexer(tmp_path, java).debug([jar], tmp_path / "out")
    assert len(Path(f"{java}.log").read_text().splitlines()) == 2


def test_a_release_follows_its_rules(tmp_path: Path, program: Program, jar: Path) -> None:
    java, rules = program("java", COMPILER), tmp_path / "rules.pro"
    rules.write_text("-keep class a")
    found = dexer(tmp_path, java).release([jar], rules, tmp_path / "out")
    assert found.with_name("mapping.txt").read_text() == "names\n"
    rules.write_text("-keep class b")
    dexer(tmp_path, java).release([jar], rules, tmp_path / "out")
    log = Path(f"{java}.log").read_text().splitlines()
    assert len(log) == 2
    assert f"com.android.tools.r8.R8 --release --pg-conf {rules}" in log[0]


def test_classes_that_are_refused_are_told(tmp_path: Path, program: Program, jar: Path) -> None:
    missing = "Missing class a.B (referenced from: void c.D.e() and 1 other context)"
    java = program("java", f"echo 'Error: x {missing}' >&2; echo '{missing}' >&2; echo at a.b >&2; exit 1")
    for _ in range(2):  # nothing of a failure is kept
        with pytest.raises(CheckError) as refused:
            dexer(tmp_path, java).release([jar], jar, tmp_path / "out")
        assert str(refused.value) == f"R8 refuses the classes:\n{missing}"
    java = program("java", "echo no memory >&2; exit 1")
    with pytest.raises(CheckError, match="D8 refuses the classes:\nno memory"):
        dexer(tmp_path, java).debug([jar], tmp_path / "out")


def test_folders_become_one_jar(tmp_path: Path) -> None:
    for folder, name, text in (("a", "p/A.class", "a"), ("b", "p/B.class", "b"), ("b", "rules.json", "{}")):
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with zipfile.ZipFile(jar_of([tmp_path / "a", tmp_path / "b"], tmp_path / "own.jar")) as archive:
        assert archive.namelist() == ["p/A.class", "p/B.class", "rules.json"]
    (tmp_path / "b" / "p" / "A.class").write_text("other")
    with pytest.raises(CheckError, match=r"b brings another p/A\.class"):
        jar_of([tmp_path / "a", tmp_path / "b"], tmp_path / "own.jar")
