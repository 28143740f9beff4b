from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.catalogue import Library
from android.check.errors import CheckError
from android.check.resolver import COMPILE, Artefact, Request, Resolver, class_path

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
