from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from android.check.library_checks import library_problems, version_problems
from tests.android_check.libraries import build_library, read


def test_libraries_that_fit_together(tmp_path: Path) -> None:
    lower = build_library(tmp_path, "liblower", 'int _Z5lowerv(void) { return 1; } const char *v = "1.26.0";')
    upper = read(build_library(tmp_path, "libupper", "int _Z5lowerv(void); int up(void) { return _Z5lowerv(); }"))
    lower_library = read(lower)
    upper = replace(upper, needed=("liblower.so", "libc.so", "liblog.so"))
    assert library_problems([lower_library, upper], abi=upper.abi) == []
    assert version_problems(replace(lower_library, content=b"\0" + b"1.26.0\0"), "1.26.0") == []


def test_every_fault_is_found(tmp_path: Path) -> None:
    good = read(build_library(tmp_path, "libgood", "int _Z3gonev(void); int up(void) { return _Z3gonev(); }"))
    fine = replace(good, imported=frozenset())
    assert library_problems([replace(fine, alignment=4096)], abi=good.abi) == [
        "libgood.so is for pages of 4096 bytes at most: 16 KB are wanted"
    ]
    assert library_problems([replace(fine, alignment=65536)], abi=good.abi) == []
    assert "is for mips, in the folder of" in library_problems([replace(fine, abi="mips")], abi=good.abi)[0]
    assert (
        "needs libother.so, which is neither"
        in library_problems([replace(fine, needed=("libother.so",))], abi=good.abi)[0]
    )
    assert library_problems([good], abi=good.abi) == [
        "libgood.so needs 1 symbols that no library exports, _Z3gonev among them"
    ]
    # A library that is there but is not needed brings nothing: the loader does not look into it.
    other = replace(fine, name="libother.so", exported=frozenset({"_Z3gonev"}))
    assert len(library_problems([good, other], abi=good.abi)) == 1
    telling = replace(fine, content=b"https://eu.events.data.microsoft.com/x")
    assert "holds the address events.data.microsoft.com" in library_problems([telling], abi=good.abi)[0]
    assert version_problems(replace(fine, content=b"\0001.29.0\0"), "1.26.0") == [
        "libgood.so does not say that it is 1.26.0"
    ]
