from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from android.check import packaging
from android.check.apk_checks import Package
from android.check.application import Application
from android.check.catalogue import Library
from android.check.dex import Dex, Method
from android.check.elf import SharedLibrary
from android.check.errors import CheckError
from android.check.packaging import MAX_BYTES_WITHOUT_ENGINES, NOT_RUN, Tools, package_all

ABIS = ("arm64-v8a", "x86_64")
NATIVE = Method("ai/onnxruntime/OrtSession", "run", "()V")
DEX = Dex(frozenset({NATIVE.of, "dev/upcall/app/MainActivity"}), (NATIVE,))
Made = dict[str, Package]


def library(abi: str, **changes: Any) -> SharedLibrary:
    exported = frozenset({"Java_ai_onnxruntime_OrtSession_run"})
    content = b"\0001.26.0\0ai/onnxruntime/OrtSession\0"
    given = SharedLibrary("libonnxruntime.so", abi, ("libc.so",), 16384, exported, frozenset(), content)
    return replace(given, **changes)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """What the steps before the checks would make, by variant: APKs as they must be. Changed by tests."""
    held = {}
    for name, abis in (("debug", ABIS), *((f"release-{abi}", (abi,)) for abi in ABIS)):
        path = tmp_path / f"app-{name}.apk"
        path.write_bytes(b"apk")
        held[name] = Package(path, name == "debug", (DEX,), {abi: (library(abi),) for abi in abis})
    steps = "android.check.packaging._Packaging"
    monkeypatch.setattr(f"{steps}.debug", lambda _: held["debug"])
    monkeypatch.setattr(f"{steps}.release", lambda _, abi: held[f"release-{abi}"])
    monkeypatch.setattr(f"{steps}.bare_bytes", lambda _: 2_500_000)
    monkeypatch.setattr("android.check.apk_checks.manifest_problems", lambda *_, **__: [])
    monkeypatch.setattr("android.check.apk_checks.alignment_problems", lambda _: [])
    return held


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., list[str]]:
    """Packages an application; gives what it told."""

    def run(**changes: bool) -> list[str]:
        given: dict[str, Any] = {"abis": ABIS, "is_minified": True, **changes}
        told: list[str] = []
        catalogue = SimpleNamespace(
            library=lambda _: Library("com.microsoft.onnxruntime:onnxruntime-android", "1.26.0")
        )
        build: Any = SimpleNamespace(out=tmp_path / "out", project=SimpleNamespace(catalogue=catalogue))
        module: Any = SimpleNamespace(name="app", application=Application(**given))
        package_all(build, module, Tools([], []), told.append)
        return told

    return run


def test_what_was_made_and_what_was_not_run_is_told(made: Made, package: Callable[[], list[str]]) -> None:
    told = package()
    assert [line.split(": ", 1)[0] for line in told[:3]] == [str(one.path) for one in made.values()]
    assert told[3].startswith("a release without native libraries: 2.50 MB; names before R8: ")
    assert told[4:] == [NOT_RUN]
    assert "no APK was installed or started" in NOT_RUN


@pytest.mark.parametrize("changes", [{"is_minified": False}, {"is_shrunk": True}])
def test_releases_that_are_made_otherwise_are_refused(
    made: Made, package: Callable[..., list[str]], changes: dict[str, bool]
) -> None:
    with pytest.raises(CheckError, match="with isMinifyEnabled and without isShrinkResources only"):
        package(**changes)


def test_all_problems_are_told_at_once(made: Made, package: Callable[[], list[str]]) -> None:
    made["debug"] = replace(made["debug"], libraries={abi: (library(abi, needed=("libgone.so",)),) for abi in ABIS})
    made["release-x86_64"] = replace(made["release-x86_64"], libraries={"x86_64": (library("x86_64", alignment=4096),)})
    with pytest.raises(CheckError) as refused:
        package()
    told = str(refused.value).splitlines()
    assert told[0] == "the APKs are not as they must be:"
    assert len(told) == 4
    assert "app-debug.apk: arm64-v8a: libonnxruntime.so needs libgone.so" in told[1]
    assert "app-release-x86_64.apk: x86_64: libonnxruntime.so is for pages of 4096 bytes" in told[3]


def test_a_release_is_looked_at_beside_the_whole(made: Made, package: Callable[[], list[str]]) -> None:
    shrunk = Dex(frozenset({"a/b"}), (NATIVE,))
    made["release-arm64-v8a"] = replace(made["release-arm64-v8a"], dexes=(shrunk,))
    with pytest.raises(CheckError, match=r"arm64-v8a\.apk: R8 left out or renamed ai\.onnxruntime\.OrtSession"):
        package()


def test_a_library_of_another_version_is_refused(made: Made, package: Callable[[], list[str]]) -> None:
    content = b"\0001.29.0\0ai/onnxruntime/OrtSession\0"
    made["debug"] = replace(made["debug"], libraries={abi: (library(abi, content=content),) for abi in ABIS})
    with pytest.raises(CheckError, match=r"does not say that it is 1\.26\.0"):
        package()


def test_a_release_has_its_size(made: Made, package: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaging._Packaging, "bare_bytes", lambda _: MAX_BYTES_WITHOUT_ENGINES + 1)
    with pytest.raises(CheckError, match="3,000,001 bytes, more than 3,000,000"):
        package()
