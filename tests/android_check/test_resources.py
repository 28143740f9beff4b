from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.aapt import Aapt
from android.check.aars import Aar
from android.check.application import Application
from android.check.errors import CheckError
from android.check.machine import Java
from android.check.resolver import Artefact
from android.check.resources import Linked, Linker

Program = Callable[[str, str], Path]
APPLICATION = Application("dev.example", "dev.example", 37, 26, 36, 1, "1.0")


@pytest.fixture
def linker(tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> Linker:
    """Stand-ins that note what they are told, and write what they are asked for."""
    merger = program("java", 'while [ "$1" != --out ]; do shift; done; echo merged > "$2"')
    javac = program("javac", 'echo "$@" > "$0.log"')
    aapt = program(
        "aapt2",
        'echo "$@" >> "$0.log"\ncase "$1" in compile) while [ "$1" != -o ]; do shift; done; : > "$2";;\n'
        'link) while [ "$1" != --output-text-symbols ]; do shift; done; echo "int string hello 0x7f010000" > "$2";; esac',
    )
    monkeypatch.setattr("android.check.resources.framework_resources", lambda _framework, out: out / "framework.zip")
    framework = Artefact("g:android:1", Path("/cache/android.jar"), "ff")
    return Linker(Aapt(str(aapt)), framework, [], Java(str(merger), str(javac), "17"))


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    found = tmp_path / "app/src/main"
    (found / "res/values").mkdir(parents=True)
    (found / "res/values/strings.xml").write_text('<resources><string name="hello">a</string></resources>')
    (found / "AndroidManifest.xml").write_text("<manifest/>")
    return found


@pytest.fixture
def aars(tmp_path: Path) -> list[Aar]:
    found = []
    for name in ("one", "two"):
        folder = tmp_path / "aars" / name
        (folder / "assets").mkdir(parents=True)
        (folder / "resources.zip").touch()
        (folder / "R.txt").write_text("int string hello 0x0\n")
        (folder / "AndroidManifest.xml").write_text(f'<manifest package="g.{name}"/>')
        found.append(Aar(Artefact(f"g:{name}:aar:1", folder, name), folder))
    return found


def link(linker: Linker, sources: Path, aars: list[Aar], *, is_debug: bool = False) -> Linked:
    return linker.link(APPLICATION, sources, aars, sources.parents[2] / "out/app/resources", is_debug=is_debug)


def calls(linker: Linker) -> list[str]:
    path = Path(f"{linker.aapt.command}.log")
    return path.read_text().splitlines() if path.exists() else []


def test_libraries_are_overlaid_by_more_important_ones_and_by_the_application(
    linker: Linker, sources: Path, aars: list[Aar]
) -> None:
    linked = link(linker, sources, aars)
    told = calls(linker)[-1]
    one, two = (aar.folder for aar in aars)
    assert told.index(f"-R {two}/resources.zip") < told.index(f"-R {one}/resources.zip")
    assert told.index(f"-R {one}/resources.zip") < told.index(f"-R {linked.folder}/own.zip")
    assert f"-A {one}/assets -A {two}/assets" in told
    assert f"-I {sources.parents[2]}/out/framework/framework.zip" in told
    assert "--min-sdk-version 26 --target-sdk-version 36" in told
    assert "--debug-mode" not in told
    assert sorted(path.parent.name for path in linked.folder.glob("java/**/R.java")) == ["example", "one", "two"]
    assert linked.manifest.read_text() == "merged\n"


def test_only_what_changed_is_linked_again(linker: Linker, sources: Path, aars: list[Aar]) -> None:
    link(linker, sources, aars)
    before = len(calls(linker))
    link(linker, sources, aars)
    assert len(calls(linker)) == before
    (sources / "res/values/strings.xml").write_text('<resources><string name="hello">b</string></resources>')
    link(linker, sources, aars)
    assert len(calls(linker)) == before + 2
    link(linker, sources, aars[:1])
    link(
        dataclasses.replace(linker, framework=Artefact("g:android:2", Path("/cache/android.jar"), "fe")), sources, aars
    )
    assert len(calls(linker)) == before + 6


def test_an_application_that_can_be_debugged(linker: Linker, sources: Path, aars: list[Aar]) -> None:
    link(linker, sources, aars, is_debug=True)
    assert "--debug-mode" in calls(linker)[-1]


def test_texts_of_the_languages_that_are_kept(linker: Linker, sources: Path, aars: list[Aar]) -> None:
    link(linker, sources, aars)
    assert " -c " not in calls(linker)[-1]
    kept = dataclasses.replace(APPLICATION, locales=("en", "de"))
    linker.link(kept, sources, aars, sources.parents[2] / "out" / "app" / "resources-kept", is_debug=False)
    assert " -c en,de " in calls(linker)[-1]


def test_no_manifest(linker: Linker, sources: Path, aars: list[Aar]) -> None:
    (sources / "AndroidManifest.xml").unlink()
    with pytest.raises(CheckError, match=r"AndroidManifest\.xml is missing"):
        link(linker, sources, aars)
