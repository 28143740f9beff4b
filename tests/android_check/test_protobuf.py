from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from android.check.errors import CheckError, NotUnderstoodError
from android.check.project import read_project
from android.check.protobuf import Generation, generate
from android.check.resolver import Artefact

ROOT = Path(__file__).parents[2]


@pytest.fixture
def generation() -> Generation:
    found = read_project(ROOT / "android").modules["cloud"].generation
    assert found is not None
    return found


def test_what_the_script_of_cloud_asks_for(generation: Generation) -> None:
    assert generation.options == ("lite",)
    assert {name: (plugin.classifier, plugin.options) for name, plugin in generation.plugins.items()} == {
        "grpc": ("", ("lite",)),
        "grpckt": ("jdk8", ()),
    }
    assert generation.folder == ROOT / "proto"
    assert "upcall/protocol/v1/escalation.proto" in generation.files
    assert all(path.is_file() for path in generation.inputs())
    protoc, java, kotlin = generation.roots
    assert protoc.startswith("com.google.protobuf:protoc:")
    assert protoc.endswith(",classifier=linux-x86_64,ext=exe,type=exe")
    assert java.startswith("io.grpc:protoc-gen-grpc-java:")
    assert kotlin.endswith(",classifier=jdk8")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('option("lite")', 'option("a", "b")', "not understood: option"),
        ('named("java")', 'remove("java")', "not understood: remove"),
        ('create("grpckt")\n            }', "}", "not understood: protobuf"),
        ("all().forEach", "ofSourceSet", "not understood: ofSourceSet"),
        ("task.builtins", "task.descriptors", "not understood: task.descriptors"),
        ("libs.protobuf.protoc.get().toString()", '"a:b:1"', "not understood: artifact"),
        (":jdk8@jar", ":jdk8", "not understood: artifact"),
        ('srcDir("../../proto")', "", "not understood: sourceSets"),
        ('srcDir("../../proto")', 'exclude("x")', "not understood: exclude"),
        ("    main {", "    test {", "not understood: test"),
        ("protoc {", "clean {", "not understood: clean"),
        ("sourceSets {\n    main {", "protobuf {\n    main {", "not understood: main"),
    ],
)
def test_what_is_not_understood(tmp_path: Path, old: str, new: str, problem: str) -> None:
    for name in ("settings.gradle.kts", "build.gradle.kts", "gradle/libs.versions.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / "android" / name).read_text())
    for script in (ROOT / "android").glob("*/build.gradle.kts"):
        text = script.read_text()
        if script.parent.name == "cloud":
            assert old in text
            text = text.replace(old, new)
        (tmp_path / script.parent.name).mkdir()
        (tmp_path / script.parent.name / script.name).write_text(text)
    with pytest.raises(NotUnderstoodError, match=problem):
        read_project(tmp_path)


def artefacts(generation: Generation, protoc: Path) -> list[Artefact]:
    plugins = [
        Artefact(f"{plugin.library.module}:exe:{plugin.library.version}", protoc, "")
        for plugin in generation.plugins.values()
    ]
    return [Artefact(f"{generation.protoc.library.coordinate}", protoc, ""), *plugins]


def test_protoc_is_told_where_everything_is(
    tmp_path: Path, generation: Generation, program: Callable[[str, str], Path]
) -> None:
    protoc = program("protoc.exe", 'for argument; do echo "$argument" >> "$(dirname "$0")/told"; done')
    out = tmp_path / "classes" / "generated"
    out.mkdir(parents=True)
    (out / "old").touch()
    generate(generation, artefacts(generation, protoc), "/opt/java", out)
    tools = tmp_path / "classes" / "generated-tools"
    assert (tools / "told").read_text().splitlines() == [
        f"--proto_path={ROOT / 'proto'}",
        f"--plugin=protoc-gen-grpc={tools}/protoc-gen-grpc",
        f"--plugin=protoc-gen-grpckt={tools}/protoc-gen-grpckt",
        f"--java_out=lite:{out}/java",
        f"--grpc_out=lite:{out}/grpc",
        f"--grpckt_out=:{out}/grpckt",
        *generation.files,
    ]
    assert sorted(path.name for path in out.iterdir()) == ["grpc", "grpckt", "java"]
    assert '"/opt/java" -jar' in (tools / "protoc-gen-grpckt").read_text()


def test_what_protoc_says_is_an_error(
    tmp_path: Path, generation: Generation, program: Callable[[str, str], Path]
) -> None:
    protoc = program("protoc.exe", "echo 'a.proto:1: unused import' >&2")
    with pytest.raises(CheckError, match="unused import"):
        generate(generation, artefacts(generation, protoc), "java", tmp_path / "out")


def test_another_machine_is_refused(tmp_path: Path, generation: Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(CheckError, match="Linux on x86-64"):
        generate(replace(generation, plugins={}), [], "java", tmp_path / "out")
