from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.aars import Aar
from android.check.application import Application
from android.check.errors import CheckError
from android.check.manifests import merge_manifests
from android.check.resolver import Artefact

Program = Callable[[str, str], Path]
MERGER = [Artefact("g:merger:1", Path("/cache/merger.jar"), "")]
APPLICATION = Application("dev.example", "dev.example.app", 37, 26, 36, 3, "1.2")


def merge(tmp_path: Path, java: Path, text: str = "<manifest>\n<application/>\n</manifest>") -> Path:
    own, out = tmp_path / "AndroidManifest.xml", tmp_path / "out" / "AndroidManifest.xml"
    out.parent.mkdir(exist_ok=True)
    own.write_text(text)
    aars = [Aar(Artefact(f"g:{name}:1", Path(), ""), Path(f"/aars/{name}")) for name in ("one", "two")]
    merge_manifests(own, aars, APPLICATION, java=str(java), merger=MERGER, out=out)
    return out


def test_what_the_merger_is_told(tmp_path: Path, program: Program) -> None:
    java = program("java", 'echo "$@" > "$0.log"; while [ "$1" != --out ]; do shift; done; echo merged > "$2"')
    out = merge(tmp_path, java)
    assert out.read_text() == "merged\n"
    told = Path(f"{java}.log").read_text()
    assert told.startswith("-cp /cache/merger.jar com.android.manifmerger.Merger --main ")
    assert "--libs /aars/one/AndroidManifest.xml:/aars/two/AndroidManifest.xml" in told
    for each in ("MIN_SDK_VERSION=26", "TARGET_SDK_VERSION=36", "PACKAGE=dev.example.app", "VERSION_CODE=3"):
        assert f"--property {each}" in told
    assert (tmp_path / "out/own-manifest.xml").read_text() == (
        '<manifest package="dev.example">\n<application android:extractNativeLibs="false"/>\n</manifest>'
    )


def test_a_manifest_that_names_its_package(tmp_path: Path, program: Program) -> None:
    with pytest.raises(CheckError, match="names its package"):
        merge(tmp_path, program("java", "exit 0"), '<manifest\n  package="dev.example"/>')


def test_a_manifest_that_says_what_gradle_says(tmp_path: Path, program: Program) -> None:
    with pytest.raises(CheckError, match="says extractNativeLibs"):
        merge(
            tmp_path, program("java", "exit 0"), '<manifest><application android:extractNativeLibs="true"/></manifest>'
        )


@pytest.mark.parametrize("end", ["exit 1", "exit 0"])
def test_a_contradiction_is_told(tmp_path: Path, program: Program, end: str) -> None:
    with pytest.raises(CheckError, match=r"cannot be merged:\nERROR: minSdk 21"):
        merge(tmp_path, program("java", f"echo ERROR: minSdk 21; {end}"))
