from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.aapt import Aapt, find_aapt
from android.check.aars import jars_of, refuse_newer, unpack
from android.check.errors import CheckError
from android.check.resolver import Artefact

Program = Callable[[str, str], Path]
MANIFEST = '<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="g.one"/>'
METADATA = "META-INF/com/android/build/gradle/aar-metadata.properties"


@pytest.fixture
def aapt(program: Program) -> Aapt:
    """Notes each call, and writes what it is asked for."""
    return Aapt(str(program("aapt2", 'echo "$@" >> "$0.log"; while [ "$1" != -o ]; do shift; done; echo made > "$2"')))


def library(tmp_path: Path, name: str = "one", **files: str) -> Artefact:
    path = tmp_path / f"{name}.aar"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {"AndroidManifest.xml": MANIFEST, "classes.jar": "", "R.txt": "", **files}.items():
            archive.writestr(file, text)
    return Artefact(f"g:{name}:aar:1", path, "0123456789abcdef")


def test_a_library_is_unpacked_once(tmp_path: Path, aapt: Aapt) -> None:
    files = {"libs/b.jar": "", "libs/a.jar": "", "res/values/values.xml": "<resources/>"}
    artefact = library(tmp_path, **files)
    out = tmp_path / "aars"
    (aar,) = unpack([artefact], aapt, out)
    assert aar.folder == out / "g-one-aar-1-01234567"
    assert aar.package == "g.one"
    assert [path.relative_to(aar.folder).as_posix() for path in aar.jars] == ["classes.jar", "libs/a.jar", "libs/b.jar"]
    assert aar.resources == aar.folder / "resources.zip"
    artefact.path.unlink()
    assert unpack([artefact], aapt, out) == [aar]
    assert len(Path(f"{aapt.command}.log").read_text().splitlines()) == 1
    assert list(out.iterdir()) == [aar.folder]


def test_without_resources_nothing_is_compiled(tmp_path: Path, aapt: Aapt) -> None:
    (aar,) = unpack([library(tmp_path, **{"res/": ""})], aapt, tmp_path / "aars")
    assert aar.resources is None
    assert not Path(f"{aapt.command}.log").exists()


def test_a_class_path_keeps_its_order(tmp_path: Path, aapt: Aapt) -> None:
    first, last = (Artefact(f"g:{name}:1", Path(f"/cache/{name}.jar"), "") for name in ("first", "last"))
    middle = library(tmp_path)
    aars = unpack([first, middle, last], aapt, tmp_path / "aars")
    assert jars_of([first, middle, last], aars) == [first.path, aars[0].folder / "classes.jar", last.path]


def test_a_library_for_a_newer_android_is_refused(tmp_path: Path, aapt: Aapt) -> None:
    aars = unpack(
        [library(tmp_path, **{METADATA: "aarFormatVersion=1.0\nminCompileSdk=37\n"})], aapt, tmp_path / "aars"
    )
    refuse_newer(aars, 37)
    with pytest.raises(CheckError, match="compileSdk = 36 is too low: g:one:aar:1 wants 37"):
        refuse_newer(aars, 36)


def test_what_aapt_refuses_is_told_without_its_warnings(tmp_path: Path, program: Program) -> None:
    aapt = Aapt(str(program("aapt2", 'echo "a.xml: warn: odd."; echo "a.xml: error: no such colour." >&2; exit 1')))
    with pytest.raises(CheckError) as caught:
        aapt.compile(tmp_path / "res", tmp_path / "out.zip")
    assert str(caught.value) == "aapt2 compile:\na.xml: error: no such colour."


def test_no_aapt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CheckError, match=r"no aapt2 in PATH(.|\n)*install the package aapt"):
        find_aapt()
