from __future__ import annotations

from pathlib import Path

import pytest

from android.check.catalogue import Library, read_catalogue
from android.check.errors import CheckError

COROUTINES = "org.jetbrains.kotlinx:kotlinx-coroutines-core"


def path_of(gradle: Path) -> Path:
    return gradle / "gradle" / "libs.versions.toml"


def change(gradle: Path, old: str, new: str) -> Path:
    path = path_of(gradle)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_aliases_are_written_with_dots(gradle: Path) -> None:
    catalogue = read_catalogue(path_of(gradle))
    assert catalogue.library("junit.jupiter") == Library("org.junit.jupiter:junit-jupiter", "6.1.3")
    assert catalogue.library("junit.jupiter").coordinate == "org.junit.jupiter:junit-jupiter:6.1.3"
    assert catalogue.plugin("kotlin.jvm") == ("org.jetbrains.kotlin.jvm", "2.4.21")


def test_what_is_not_there_is_refused(gradle: Path) -> None:
    catalogue = read_catalogue(path_of(gradle))
    with pytest.raises(CheckError, match="no library junit"):
        catalogue.library("junit")
    with pytest.raises(CheckError, match="no plugin kotlin"):
        catalogue.plugin("kotlin")


def test_unused_entries_are_refused_but_not_those_of_the_check(gradle: Path) -> None:
    catalogue = read_catalogue(path_of(gradle))
    catalogue.library("coroutines.core")
    with pytest.raises(CheckError, match=r"nothing uses junit\.jupiter, plugins\.kotlin\.jvm"):
        catalogue.refuse_unused()
    catalogue.library("junit.jupiter")
    catalogue.plugin("kotlin.jvm")
    catalogue.refuse_unused()


def test_a_tool_of_the_check_must_be_there(gradle: Path) -> None:
    path = change(gradle, "check-ktlint", "ktlint")
    catalogue = read_catalogue(path)
    for alias in ("coroutines.core", "junit.jupiter", "ktlint"):
        catalogue.library(alias)
    catalogue.plugin("kotlin.jvm")
    with pytest.raises(CheckError, match=r"needs check\.ktlint"):
        catalogue.refuse_unused()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('junit = "6.1.3"', 'junit = "6.1.3"\nlonely = "1"', "nothing uses the version lonely"),
        ('"1.11.0"', '"[1,2)"', "no exact version"),
        ('"1.11.0"', '{ strictly = "1" }', "not understood: strictly"),
        ('version.ref = "junit"', 'version.ref = "unit"', "no exact version"),
        ("[plugins]", "[bundles]\nall = []\n[plugins]", "not understood: bundles"),
        ('module = "org.junit.jupiter:junit-jupiter"', 'name = "x"', "not understood: name"),
        ('{ module = "org.junit.jupiter:junit-jupiter", version.ref = "junit" }', '"a:b:1"', "not understood"),
        ('{ id = "org.jetbrains.kotlin.jvm", version.ref = "kotlin" }', '{ version = "1" }', "has no id"),
        ("[versions]", "[versions", "cannot be read"),
    ],
)
def test_what_is_not_understood(gradle: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(CheckError, match=problem):
        read_catalogue(change(gradle, old, new))


def test_a_version_may_be_left_to_a_platform(gradle: Path) -> None:
    catalogue = read_catalogue(change(gradle, ', version = "1.11.0"', ""))
    assert catalogue.library("coroutines.core", is_managed=True).coordinate == f"{COROUTINES}:"
    assert catalogue.compiled_against("coroutines.core", is_managed=True).version == ""
    with pytest.raises(CheckError, match=r"coroutines\.core has no exact version"):
        catalogue.library("coroutines.core")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="cannot be read"):
        read_catalogue(tmp_path / "libs.versions.toml")
