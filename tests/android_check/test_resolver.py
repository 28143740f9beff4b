from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from android.check.catalogue import Library
from android.check.descriptions import Description, File, Need, Side
from android.check.errors import CheckError
from android.check.resolver import COMPILE, RUNTIME, Artefact, Request, Resolver, class_path

Program = Callable[[str, str], Path]
COURSIER = Library("io.get-coursier:coursier-cli_2.13", "2.1.24")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    for name in (
        "io/get-coursier/coursier-cli_2.13/2.1.24/coursier.jar",
        "org/scala/library/2.13/library.jar",
        "one.jar",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def mvn(cache: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fetches nothing and says where two jars are."""
    files = f"{cache}/io/get-coursier/coursier-cli_2.13/2.1.24/coursier.jar:{cache}/org/scala/library/2.13/library.jar"
    path = program(
        "mvn",
        f'echo called >> "$0.log"\nfor argument; do case "$argument" in -Dmdep.outputFile=*) '
        f'echo "{files}" > "${{argument#-Dmdep.outputFile=}}";; esac; done',
    )
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
    return path


@pytest.fixture
def java(cache: Path, program: Program) -> Path:
    """Stands in for coursier: reports one jar for any request."""
    jar = {"coord": "g:one:1", "file": f"{cache}/one.jar"}
    report = json.dumps({"dependencies": [jar, {"coord": "g:pom:1", "file": None}]})
    return program(
        "java",
        f'echo "$@" >> "$0.log"\nwhile [ "$1" != --json-output-file ]; do shift; done\n'
        f"cat > \"$2\" <<'END'\n{report}\nEND",
    )


def test_the_resolver_comes_by_maven_and_all_else_by_it(tmp_path: Path, cache: Path, mvn: Path, java: Path) -> None:
    resolver = Resolver(str(java), COURSIER, tmp_path / "memory")
    assert [artefact.coordinate for artefact in resolver.coursier] == [
        "io.get-coursier:coursier-cli_2.13:2.1.24",
        "org.scala:library:2.13",
    ]
    request = Request(("g:one:1",), COMPILE)
    found = resolver.resolve([request, request, Request(())])
    expected = Artefact("g:one:1", cache / "one.jar", hashlib.sha256(b"one.jar").hexdigest())
    assert found == {request: [expected], Request(()): []}
    assert expected.module == "g:one"
    (told,) = java.with_name("java.log").read_text().splitlines()
    assert f"-cp {class_path(resolver.coursier)} coursier.cli.Coursier fetch" in told
    assert told.endswith("--default-configuration compile g:one:1")


def test_answers_are_remembered_and_their_files_hashed_anew(tmp_path: Path, cache: Path, mvn: Path, java: Path) -> None:
    request = Request(("g:one:1",))
    first = Resolver(str(java), COURSIER, tmp_path / "memory").resolve([request])
    (cache / "one.jar").write_text("tampered with")
    second = Resolver(str(java), COURSIER, tmp_path / "memory").resolve([request])
    assert first[request][0].sha256 != second[request][0].sha256
    for log in (mvn.with_name("mvn.log"), java.with_name("java.log")):
        assert len(log.read_text().splitlines()) == 1


def test_a_file_that_has_gone_is_fetched_again(tmp_path: Path, cache: Path, mvn: Path, java: Path) -> None:
    request = Request(("g:one:1",))
    Resolver(str(java), COURSIER, tmp_path / "memory").resolve([request])
    (cache / "one.jar").unlink()
    with pytest.raises(FileNotFoundError):  # the stand-in fetches nothing
        Resolver(str(java), COURSIER, tmp_path / "memory").resolve([request])
    assert len(java.with_name("java.log").read_text().splitlines()) == 2


def test_a_resolver_that_fails_is_told(tmp_path: Path, mvn: Path, program: Program) -> None:
    java = program("java", "echo 'not found: g:one:1' >&2; exit 1")
    resolver = Resolver(str(java), COURSIER, tmp_path / "memory")
    with pytest.raises(CheckError, match="cannot resolve g:one:1: not found"):
        resolver.resolve([Request(("g:one:1",))])
    program("mvn", "echo offline; exit 1")
    with pytest.raises(CheckError, match=r"Maven cannot fetch io\.get-coursier:coursier-cli_2\.13:2\.1\.24: offline"):
        Resolver(str(java), COURSIER, tmp_path / "other")


def test_what_lies_in_the_memory_itself_may_be_copied(
    tmp_path: Path, cache: Path, mvn: Path, java: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(coordinate: str, folder: Path) -> Path:
        jar = folder / "classes.jar"
        jar.write_text(coordinate)
        return jar

    monkeypatch.setattr("android.check.npm.fetch_classes", fetch)
    request = Request(("npm:engine:1",))
    Resolver(str(java), COURSIER, tmp_path / "memory").resolve([request])
    (tmp_path / "memory").rename(tmp_path / "copy")
    monkeypatch.delattr("android.check.npm.fetch_classes")
    (found,) = Resolver(str(java), COURSIER, tmp_path / "copy").resolve([request])[request]
    assert found.path == tmp_path / "copy/classes.jar"


def test_a_class_path_for_android(tmp_path: Path, mvn: Path, java: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Modules:
        def __init__(self, *_: object) -> None: ...

        def of(self, coordinates: Iterable[str]) -> dict[str, Description]:
            wanted = list(coordinates)
            asked.extend(wanted)
            side = Side(files=(File("g:one", "1", "aar"),))
            known = {
                "g:bom:1": Description(platform=Side(constraints=(("g:one", "1"),))),
                "g:one:1": Description(side, Side((Need("g:two", "1"), Need("g:bad", "1")), (), side.files)),
                "g:two:1": Description(Side(), Side()),
            }
            return {one: known[one] for one in wanted if one in known}

        def files(self, files: Sequence[File]) -> dict[str, str]:
            return {"g:one:aar:1": str(mvn)} if files else {}

    monkeypatch.setattr("android.check.resolver.Published", Modules)
    resolver = Resolver(str(java), COURSIER, tmp_path / "memory", likely={"androidx.a:b": "7", "g:z": "1"})
    request = Request(("g:one:,exclude=g%bad",), RUNTIME, ("g:bom:1",), is_android=True)
    compiling = Request(("g:one:,exclude=g%bad",), COMPILE, ("g:bom:1",), is_android=True)
    found = resolver.resolve([request, compiling])
    assert [artefact.coordinate for artefact in found[request]] == ["g:one:aar:1"]
    assert found[request] == found[compiling]
    assert asked[0] == "androidx.a:b:7"
    assert "g:z:1" not in asked


def test_packages_of_npm_give_classes_or_all_that_an_application_brings(
    tmp_path: Path, mvn: Path, java: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(kind: str) -> Callable[[str, Path], Path]:
        def make(coordinate: str, folder: Path) -> Path:
            path = folder / f"engine.{kind}"
            path.write_text(coordinate)
            return path

        return make

    monkeypatch.setattr("android.check.npm.fetch_classes", made("jar"))
    monkeypatch.setattr("android.check.npm.fetch_aar", made("aar"))
    plain, android = Request(("npm:engine:1.2",)), Request(("npm:engine:1.2",), is_android=True)
    found = Resolver(str(java), COURSIER, tmp_path / "memory").resolve([plain, android])
    assert [(one.coordinate, one.path.name) for one in found[plain]] == [("npm:engine:1.2", "engine.jar")]
    assert [(one.coordinate, one.path.name) for one in found[android]] == [("npm:engine:aar:1.2", "engine.aar")]
