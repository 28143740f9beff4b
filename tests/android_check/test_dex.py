from __future__ import annotations

import pytest

from android.check.dex import Method, read_dex
from android.check.errors import CheckError
from tests.android_check.bytecode import SAMPLE


def test_classes_and_native_methods() -> None:
    found = read_dex("classes.dex", SAMPLE)
    assert found.classes == {"dev/upcall/Sample", "dev/upcall/Sample$Inner"}
    assert sorted(found.natives) == [
        Method("dev/upcall/Sample", "first", "([Ljava/lang/String;[[JZ)I"),
        Method("dev/upcall/Sample", "of_all", "()V"),
        Method("dev/upcall/Sample$Inner", "get", "(Ldev/upcall/Sample;)Ljava/lang/Object;"),
    ]


@pytest.mark.parametrize("version", [b"034", b"041", b"xyz"])
def test_versions_that_nobody_knows_are_refused(version: bytes) -> None:
    with pytest.raises(CheckError, match="no bytecode of a version"):
        read_dex("classes.dex", SAMPLE[:4] + version + SAMPLE[7:])


def test_a_file_that_was_cut_is_refused() -> None:
    with pytest.raises(CheckError, match=r"classes2\.dex is damaged"):
        read_dex("classes2.dex", SAMPLE[:200])
    with pytest.raises(CheckError, match="no bytecode"):
        read_dex("classes.dex", b"")
