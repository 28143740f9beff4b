from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from android.check.coursier import Coursier
from android.check.descriptions import File, Need
from android.check.errors import CheckError
from android.check.published import Published

Program = Callable[[str, str], Path]
POM = (
    "<project><dependencies><dependency><groupId>g</groupId><artifactId>two</artifactId><version>2</version></dependency>\
</dependencies></project>"
)
MODULE = {
    "variants": [
        {
            "attributes": {"org.gradle.category": "library", "org.gradle.usage": "java-runtime"},
            "dependencies": [{"group": "g", "module": "three", "version": {"requires": "3"}}],
        }
    ]
}


class Registry(Coursier):
    """Holds these POMs and metadata, and remembers what was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__("java", "/cache/coursier.jar")
        self.folder = folder
        self.asked: list[list[str]] = []

    def put(self, coordinate: str, text: str, extension: str) -> None:
        (self.folder / f"{coordinate.replace(':', '-')}.{extension}").write_text(text)

    def fetch(self, roots: Sequence[str], kind: str) -> dict[str, str]:
        self.asked.append(list(roots))
        found = {}
        for root in roots:
            coordinate = root.split(",")[0]
            module, _, version = coordinate.rpartition(":")
            path = self.folder / f"{coordinate.replace(':', '-')}.{kind}"
            if path.is_file():
                found[f"{module}:{kind}:{version}"] = str(path)
        return found

    def require(self, roots: Sequence[str], kinds: str) -> dict[str, str]:
        self.asked.append([*roots, kinds])
        return {f"g:one:{root.split('type=')[1]}:1": f"/cache/{number}" for number, root in enumerate(roots)}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    found = Registry(tmp_path)
    found.put("g:one:1", POM, "pom")
    found.put("g:rich:1", f"<!-- do_not_remove: published-with-gradle-metadata -->{POM}", "pom")
    found.put("g:rich:1", json.dumps(MODULE), "module")
    return found


def test_metadata_counts_more_than_the_pom(registry: Registry, tmp_path: Path) -> None:
    found = Published(registry, tmp_path / "poms.json").of(["g:one:1", "g:rich:1", "g:gone:1"])
    assert list(found) == ["g:one:1", "g:rich:1"]
    assert found["g:one:1"].runtime.needs == (Need("g:two", "2"),)
    assert found["g:rich:1"].runtime.needs == (Need("g:three", "3"),)


def test_metadata_that_cannot_be_had_leaves_the_pom(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "g-rich-1.module").unlink()
    found = Published(registry, tmp_path / "poms.json").of(["g:rich:1"])
    assert found["g:rich:1"].runtime.needs == (Need("g:two", "2"),)


def test_nothing_is_asked_for_twice_not_even_what_is_missing(registry: Registry, tmp_path: Path) -> None:
    Published(registry, tmp_path / "poms.json").of(["g:one:1", "g:rich:1", "g:gone:1"])
    registry.asked.clear()
    found = Published(registry, tmp_path / "poms.json").of(["g:one:1", "g:rich:1", "g:gone:1"])
    assert len(found) == 2
    assert registry.asked == []


def test_two_versions_of_a_module_are_asked_for_apart(registry: Registry, tmp_path: Path) -> None:
    registry.put("g:one:2", POM, "pom")
    assert len(Published(registry, tmp_path / "poms.json").of(["g:one:1", "g:one:2"])) == 2
    assert registry.asked == [["g:one:1,ext=pom,type=pom"], ["g:one:2,ext=pom,type=pom"]]


def test_files_by_what_they_are(registry: Registry, tmp_path: Path) -> None:
    files = [File("g:one", "1", "aar"), File("g:two", "1", "jar", "linux")]
    found = Published(registry, tmp_path / "poms.json").files(files)
    assert registry.asked == [["g:one:1,ext=aar,type=aar", "g:two:1,ext=jar,type=jar,classifier=linux", "jar,aar"]]
    assert list(found) == ["g:one:aar:1", "g:one:jar,classifier=linux:1"]


def test_coursier_reports_what_it_found_and_what_it_could_not(tmp_path: Path, program: Program) -> None:
    report = json.dumps(
        {"dependencies": [{"coord": "g:one:1", "file": "/cache/one.pom"}, {"coord": "g:b:1", "file": None}]}
    )
    java = program(
        "java",
        f'echo "$@" >> "$0.log"\nwhile [ "$1" != --json-output-file ]; do shift; done\n'
        f"cat > \"$2\" <<'END'\n{report}\nEND\necho 'not found: g:two:1' >&2; exit 1",
    )
    coursier = Coursier(str(java), "/cache/coursier.jar")
    assert coursier.fetch(["g:one:1", "g:two:1"], "pom") == {"g:one:1": "/cache/one.pom"}
    told = Path(f"{java}.log").read_text()
    assert "--repository google --force-fetch --artifact-type pom --intransitive g:one:1 --intransitive g:two:1" in told
    with pytest.raises(CheckError, match=r"coursier cannot resolve g:one:1: not found: g:two:1"):
        coursier.require(["g:one:1"], "jar")
    with pytest.raises(CheckError, match="cannot resolve g:one:1"):
        coursier.resolve(["g:one:1"], [])
