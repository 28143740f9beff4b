from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.errors import CheckError
from android.check.ksp import Processing, process
from android.check.resolver import Artefact

Program = Callable[[str, str], Path]
KSP = [Artefact("g:ksp:1", Path("/cache/ksp.jar"), "")]


@pytest.fixture
def processing(tmp_path: Path) -> Processing:
    return Processing(
        module="app",
        folder=tmp_path / "app",
        roots=[tmp_path / "app/src/main/kotlin"],
        libraries=[Path("/cache/a.jar"), Path("/cache/b.jar")],
        processors=[
            Artefact("g:room:1", Path("/cache/room.jar"), ""),
            Artefact("g:poet:1", Path("/cache/poet.jar"), ""),
        ],
        options={"room.schemaLocation": "/schemas", "x": "1"},
        jdk=17,
        kotlin="2.4.21",
        jdk_home=Path("/jdk"),
        out=tmp_path / "processed",
    )


def test_arguments(processing: Processing, tmp_path: Path) -> None:
    found = processing.arguments()
    assert found[-1] == "/cache/room.jar:/cache/poet.jar"
    assert {
        "-module-name=app",
        f"-source-roots={tmp_path}/app/src/main/kotlin",
        "-libraries=/cache/a.jar:/cache/b.jar",
        "-processor-options=room.schemaLocation=/schemas:x=1",
        "-jvm-target=17",
        "-jdk-home=/jdk",
        "-language-version=2.4",
        "-api-version=2.4",
        f"-kotlin-output-dir={tmp_path}/processed/kotlin",
    } <= set(found)


def test_without_options_none_are_given(processing: Processing) -> None:
    found = dataclasses.replace(processing, options={}).arguments()
    assert not any(argument.startswith("-processor-options") for argument in found)


def writing(program: Program, processing: Processing, name: str, then: str = "") -> str:
    path = processing.out / name
    return str(program("java", f'echo "$@" > "$0.log"; mkdir -p {path.parent}; echo written > {path}\n{then}'))


def test_what_generators_wrote(processing: Processing, program: Program) -> None:
    old = processing.out / "kotlin/Old.kt"
    old.parent.mkdir(parents=True)
    old.touch()
    java = writing(program, processing, "kotlin/a/New.kt")
    assert process(processing, java=java, ksp=KSP) == [processing.out / "kotlin/a/New.kt"]
    assert (
        "-cp /cache/ksp.jar com.google.devtools.ksp.cmdline.KSPJvmMain -module-name=app"
        in Path(f"{java}.log").read_text()
    )


def test_an_error_is_told(processing: Processing, program: Program) -> None:
    java = writing(program, processing, "x", "echo 'e: [ksp] no such column' >&2; exit 1")
    with pytest.raises(CheckError, match=r"code for app cannot be generated:\ne: \[ksp\] no such column"):
        process(processing, java=java, ksp=KSP)


def test_generated_java_is_refused(processing: Processing, program: Program) -> None:
    with pytest.raises(CheckError, match=r"wrote .*/java/Dao\.java"):
        process(processing, java=writing(program, processing, "java/Dao.java"), ksp=KSP)
