from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from android.check.errors import CheckError
from android.check.npm import fetch_aar, fetch_classes

EXECUTORCH = "npm:react-native-executorch:1.2.3"
ONNXRUNTIME = "npm:com.github.asus4.onnxruntime:0.4.8"
CLASSES = "package/android/libs/classes.jar"
LIBRARY = "package/third-party/android/libs/executorch/{}/libexecutorch.so"
Program = Callable[[str, str], Path]
Npm = Callable[[Mapping[str, bytes]], Path]


@pytest.fixture
def npm(tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> Npm:
    """Stands in for npm: packs files by their names."""

    def make(files: Mapping[str, bytes]) -> Path:
        package = tmp_path / "package.tgz"
        with tarfile.open(package, "w:gz") as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        path = program("npm", f'echo "$@" >> "$0.log"\nwhile [ $# -gt 1 ]; do shift; done\ncp {package} "$1"')
        monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
        return path

    return make


def aar(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in {"classes.jar": b"jar", "headers/api.h": b"c", **parts}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_classes_of_a_package(tmp_path: Path, npm: Npm) -> None:
    called = npm({CLASSES: b"jar"})
    jar = fetch_classes(EXECUTORCH, tmp_path)
    assert jar.name == "react-native-executorch-1.2.3.jar"
    assert jar.read_bytes() == b"jar"
    assert "pack react-native-executorch@1.2.3" in Path(f"{called}.log").read_text()


def test_the_classes_of_an_aar_within_a_package(tmp_path: Path, npm: Npm) -> None:
    npm({"package/Plugins/Android/onnxruntime.aar": aar()})
    assert fetch_classes(ONNXRUNTIME, tmp_path).read_bytes() == b"jar"


def test_what_an_application_brings_of_a_package_without_an_aar(tmp_path: Path, npm: Npm) -> None:
    files = {CLASSES: b"jar", **{LIBRARY.format(abi): abi.encode() for abi in ("arm64-v8a", "x86_64")}}
    npm({**files, "package/third-party/android/libs/cpuinfo/arm64-v8a/libcpuinfo.so": b"not wanted"})
    made = fetch_aar(EXECUTORCH, tmp_path)
    assert made.name == "react-native-executorch-1.2.3.aar"
    found = contents(made)
    manifest = found.pop("AndroidManifest.xml")
    assert b'package="org.pytorch.executorch"' in manifest
    assert b"<uses-sdk android:minSdkVersion=" in manifest  # else permissions of Android 1 are implied
    assert found == {
        "classes.jar": b"jar",
        "jni/arm64-v8a/libexecutorch.so": b"arm64-v8a",
        "jni/x86_64/libexecutorch.so": b"x86_64",
    }
    before = made.read_bytes()
    assert fetch_aar(EXECUTORCH, tmp_path).read_bytes() == before


def test_what_an_application_brings_of_an_aar_with_its_notices(tmp_path: Path, npm: Npm) -> None:
    libraries = {f"jni/{abi}/libonnxruntime.so": abi.encode() for abi in ("arm64-v8a", "armeabi-v7a", "x86", "x86_64")}
    notices = {"package/LICENSE": b"MIT", "package/ThirdPartyNotices.txt": b"others"}
    npm({"package/Plugins/Android/onnxruntime.aar": aar(**libraries), **notices})
    assert contents(fetch_aar(ONNXRUNTIME, tmp_path)).keys() == {
        "AndroidManifest.xml",
        "assets/licences/onnxruntime/LICENSE",
        "assets/licences/onnxruntime/ThirdPartyNotices.txt",
        "classes.jar",
        "jni/arm64-v8a/libonnxruntime.so",
        "jni/x86_64/libonnxruntime.so",
    }
    npm({"package/Plugins/Android/onnxruntime.aar": aar(**libraries), "package/LICENSE": b"MIT"})
    with pytest.raises(CheckError, match=r"holds no package/ThirdPartyNotices\.txt"):
        fetch_aar(ONNXRUNTIME, tmp_path)


def test_a_package_without_them(tmp_path: Path, npm: Npm) -> None:
    npm({"package/other": b"x"})
    with pytest.raises(CheckError, match=f"holds no {CLASSES}"):
        fetch_classes(EXECUTORCH, tmp_path)
    with pytest.raises(CheckError, match=f"holds no {CLASSES}"):
        fetch_aar(EXECUTORCH, tmp_path)
    with pytest.raises(CheckError, match="keeps its classes"):
        fetch_classes("npm:other:1", tmp_path)


def test_npm_that_fails_and_npm_that_is_missing(
    tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program("npm", "echo no such package >&2; exit 1")
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
    with pytest.raises(CheckError, match="no such package"):
        fetch_classes(EXECUTORCH, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(CheckError, match="npm is missing"):
        fetch_aar(ONNXRUNTIME, tmp_path)
