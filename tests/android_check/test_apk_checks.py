from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from android.check import apk_checks
from android.check.apk_checks import Package, alignment_problems, apk_problems, read_package, shrinking_problems
from android.check.errors import CheckError
from tests.android_check.bytecode import SAMPLE
from tests.android_check.libraries import build_library

CODE = """
void Java_dev_upcall_Sample_of_1all(void) {}
int Java_dev_upcall_Sample_first(void) { return 1; }
int Java_dev_upcall_Sample_00024Inner_get(void) { return 1; }
const char *version = "1.26.0", *of = "dev/upcall/Sample";
"""


def write_apk(path: Path, parts: Mapping[str, bytes], *, align: int = 16384, deflated: bool = False) -> Path:
    """A zip file whose parts begin at multiples of a number, as a signer lays them."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
            assert archive.fp is not None
            begins = archive.fp.tell() + 30 + len(name) + 4
            gap = -begins % align
            entry.extra = (0xD935).to_bytes(2, "little") + gap.to_bytes(2, "little") + bytes(gap)
            archive.writestr(entry, content)
    return path


@pytest.fixture
def library(tmp_path: Path) -> bytes:
    return build_library(tmp_path / "built", "libx", CODE).read_bytes()


@pytest.fixture
def abi(library: bytes) -> str:
    return "arm64-v8a" if library[18] == 0xB7 else "x86_64"


@pytest.fixture
def apk(tmp_path: Path, library: bytes, abi: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(apk_checks, "manifest_problems", lambda *_, **__: [])  # its own tests show what it finds
    return write_apk(tmp_path / "a.apk", {"classes.dex": SAMPLE, "resources.arsc": b"t", f"lib/{abi}/libx.so": library})


def test_an_apk_that_holds_all_it_needs(apk: Path, abi: str) -> None:
    package = read_package(apk, is_debug=True)
    assert package.classes == {"dev/upcall/Sample", "dev/upcall/Sample$Inner"}
    assert apk_problems(package, abis=[abi], versions={}) == []


def test_everything_that_can_be_missing_is(apk: Path, abi: str) -> None:
    package = read_package(apk, is_debug=True)
    assert apk_problems(package, abis=[abi, "mips"], versions={}) == [f"it is for {abi}, not for {abi}, mips"]
    versions = {"libx.so": "1.29.0", "liby.so": "1"}
    assert apk_problems(package, abis=[abi], versions=versions) == [
        f"{abi}: libx.so does not say that it is 1.29.0",
        f"{abi}: liby.so is missing",
    ]
    bare = replace(package.libraries[abi][0], exported=frozenset({"Java_dev_upcall_Sample_first"}))
    without = replace(package, libraries={abi: (bare,)})
    assert apk_problems(without, abis=[abi], versions={}) == [
        f"{abi}: no library has the native method dev.upcall.Sample.of_all()V",
        f"{abi}: no library has the native method dev.upcall.Sample$Inner.get(Ldev/upcall/Sample;)Ljava/lang/Object;",
    ]
    small = replace(package, libraries={abi: (replace(package.libraries[abi][0], alignment=4096),)})
    assert "16 KB are wanted" in apk_problems(small, abis=[abi], versions={})[0]


def test_uploaders_are_looked_for_before_names_are_changed(apk: Path, abi: str) -> None:
    package = read_package(apk, is_debug=True)
    dex = replace(package.dexes[0], classes=frozenset({"ai/onnxruntime/telemetry/HttpClient"}))
    telling = replace(package, dexes=(dex,))
    assert "ai.onnxruntime.telemetry" in apk_problems(telling, abis=[abi], versions={})[0]
    assert apk_problems(replace(telling, is_debug=False), abis=[abi], versions={}) == []


def test_what_a_shrunk_apk_lacks(apk: Path) -> None:
    whole = read_package(apk, is_debug=True)
    assert shrinking_problems(whole, whole) == []
    dex = replace(whole.dexes[0], classes=frozenset({"dev/upcall/Sample$Inner"}))
    assert "dev.upcall.Sample, for which" in shrinking_problems(whole, replace(whole, dexes=(dex,)))[0]


def test_parts_lie_where_android_can_map_them(tmp_path: Path, apk: Path) -> None:
    assert alignment_problems(apk) == []
    parts = {"classes.dex": b"d", "resources.arsc": b"t", "lib/x86_64/libx.so": b"x", "lib/x86_64/liby.so": b"y"}
    words = alignment_problems(write_apk(tmp_path / "words.apk", parts, align=4))
    assert [problem.split(" ", 1)[0] for problem in words] == ["lib/x86_64/libx.so", "lib/x86_64/liby.so"]
    assert "no multiple of 16,384" in words[0]
    assert len(alignment_problems(write_apk(tmp_path / "no.apk", {"a": b"ab", "resources.arsc": b"t"}, align=1))) == 1
    pressed = alignment_problems(write_apk(tmp_path / "pressed.apk", parts, deflated=True))
    assert [problem for problem in pressed if "is compressed" in problem] == pressed
    assert len(pressed) == 3


def test_parts_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    for parts in ({"classes.dex": b"d"}, {"classes.dex": SAMPLE, "lib/x86_64/libx.so": b"x"}):
        with pytest.raises(CheckError):
            read_package(write_apk(tmp_path / "a.apk", parts), is_debug=True)
    assert isinstance(read_package(write_apk(tmp_path / "b.apk", {"classes.dex": SAMPLE}), is_debug=False), Package)
