from __future__ import annotations

from pathlib import Path

import pytest

from android.check.elf import read_library
from android.check.errors import CheckError
from tests.android_check.libraries import build_library, read

CODE = """
extern int elsewhere(void);
extern int perhaps(void) __attribute__((weak));
static int hidden(void) { return 1; }
const char *text = "org/example/Found";
int shown(void) { return hidden() + elsewhere() + (perhaps ? perhaps() : 0); }
"""


def test_what_a_loader_would_find(tmp_path: Path) -> None:
    other = build_library(tmp_path, "libother", "int elsewhere(void) { return 2; }")
    library = read(build_library(tmp_path, "libsample", CODE, str(other), "-Wl,-soname,libelse.so"))
    assert library.name == "libsample.so"
    assert library.abi == "x86_64" or library.abi == "arm64-v8a"
    assert [Path(name).name for name in library.needed] == ["libother.so"]
    assert library.alignment == 16384
    assert {"shown", "text"} <= library.exported
    assert not {"hidden", "elsewhere"} & library.exported
    assert "elsewhere" in library.imported
    assert "perhaps" not in library.imported
    assert library.holds_text("org/example/Found")
    assert library.holds_text("example/Found")  # texts that end alike share their place
    assert not library.holds_text("org/example")


@pytest.mark.parametrize("page_bytes", [4096, 65536])
def test_the_pages_that_it_fits(tmp_path: Path, page_bytes: int) -> None:
    assert read(build_library(tmp_path, "libsample", "int a;", page_bytes=page_bytes)).alignment == page_bytes


def test_what_is_no_library(tmp_path: Path) -> None:
    good = build_library(tmp_path, "libsample", "int a;").read_bytes()
    for content in (b"", b"MZ" + good[2:], good[:100], good[:4] + b"\1" + good[5:]):
        with pytest.raises(CheckError, match=r"libsample\.so"):
            read_library("libsample.so", content)
    with pytest.raises(CheckError, match="no shared library of 64 bits"):
        read_library("libsample.so", good[:16] + b"\1\0" + good[18:])  # an object file
