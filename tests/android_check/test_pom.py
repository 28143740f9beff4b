from __future__ import annotations

from pathlib import Path

import pytest

from android.check.descriptions import Description, File, Need, Side
from android.check.errors import CheckError
from android.check.pom import read_pom

PARENT = """<project xmlns='http://maven.apache.org/POM/4.0.0'><properties><two>2.0</two></properties>
<dependencyManagement><dependencies>
<dependency><groupId>g</groupId><artifactId>three</artifactId><version>3.0</version><scope>runtime</scope></dependency>
<dependency><groupId>g</groupId><artifactId>bom</artifactId><version>1</version><type>pom</type><scope>import</scope></dependency>
</dependencies></dependencyManagement></project>"""
BOM = """<project><dependencyManagement><dependencies>
<dependency><groupId>g</groupId><artifactId>three</artifactId><version>2.9</version></dependency>
<dependency><groupId>g</groupId><artifactId>four</artifactId><version>[4.0]</version></dependency>
</dependencies></dependencyManagement></project>"""
ONE = """<?xml version='1.0'?><project xmlns="http://maven.apache.org/POM/4.0.0">
<parent><groupId>g</groupId><artifactId>parent</artifactId><version>1</version></parent><packaging>aar</packaging>
<dependencies>
<dependency><groupId>${project.groupId}</groupId><artifactId>two</artifactId><version>${two}</version>
 <exclusions><exclusion><groupId>x</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>
<dependency><groupId>g</groupId><artifactId>three</artifactId></dependency>
<dependency><groupId>g</groupId><artifactId>four</artifactId><scope>runtime</scope></dependency>
<dependency><groupId>g</groupId><artifactId>five</artifactId><version>5</version><scope>test</scope></dependency>
<dependency><groupId>g</groupId><artifactId>six</artifactId><version>6</version><optional>true</optional></dependency>
</dependencies></project>"""


def read(tmp_path: Path, text: str, **others: str) -> Description:
    path = tmp_path / "one.pom"
    path.write_text(text)

    def other(coordinate: str) -> Path | None:
        name = coordinate.split(":")[1]
        if name not in others:
            return None
        found = tmp_path / f"{name}.pom"
        found.write_text(others[name])
        return found

    return read_pom(path, "g:one:1.0", other)


def test_a_library_its_parent_and_a_platform(tmp_path: Path) -> None:
    found = read(tmp_path, ONE, parent=PARENT, bom=BOM)
    two, file = Need("g:two", "2.0", frozenset({"x:*"})), File("g:one", "1.0", "aar")
    assert found.compile == Side((two,), (), (file,))
    assert found.runtime == Side((two, Need("g:three", "3.0"), Need("g:four", "4.0")), (), (file,))


def test_a_platform(tmp_path: Path) -> None:
    found = read(tmp_path, BOM.replace("<project>", "<project><packaging>pom</packaging>"))
    assert found.platform.constraints == (("g:three", "2.9"), ("g:four", "4.0"))
    assert found.runtime == Side()


def test_a_parent_that_cannot_be_had_leaves_versions_open(tmp_path: Path) -> None:
    assert Need("g:three", "") in read(tmp_path, ONE).compile.needs


@pytest.mark.parametrize("text", ["", "<project>", "{}"])
def test_what_is_no_pom(tmp_path: Path, text: str) -> None:
    with pytest.raises(CheckError, match="is no POM"):
        read(tmp_path, text)


def test_a_classifier_is_refused(tmp_path: Path) -> None:
    text = ONE.replace("<artifactId>four</artifactId>", "<artifactId>four</artifactId><classifier>linux</classifier>")
    with pytest.raises(CheckError, match=r"g:one:1\.0 needs g:four with the classifier linux"):
        read(tmp_path, text)
