from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from android.check.descriptions import Description, File, Need, Side
from android.check.errors import CheckError
from android.check.gradle_metadata import read_metadata


def variant(name: str, usage: str, file: str = "", **rest: Any) -> dict[str, Any]:
    attributes = {"org.gradle.category": "library", "org.gradle.usage": usage, **rest.pop("attributes", {})}
    files = [{"name": file, "url": file}] if file else []
    return {"name": name, "attributes": attributes, "files": files, **rest}


def needed(module: str, version: Any, **rest: Any) -> dict[str, Any]:
    group, name = module.split(":")
    return {"group": group, "module": name, **({"version": version} if version else {}), **rest}


def read(tmp_path: Path, *variants: dict[str, Any]) -> Description:
    path = tmp_path / "one.module"
    path.write_text(json.dumps({"formatVersion": "1.1", "variants": variants}))
    return read_metadata(path, "g:one:1.0")


def test_what_compiles_sees_less_than_what_runs(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        variant("api", "java-api", "one-1.0.aar", dependencies=[needed("g:two", {"requires": "2.0"})]),
        variant(
            "runtime",
            "java-runtime",
            "one-1.0.aar",
            dependencies=[
                needed("g:two", {"requires": "2.0"}, excludes=[{"group": "x", "module": "*"}]),
                needed("g:bom", {"requires": "3"}, attributes={"org.gradle.category": "platform"}),
                needed("g:open", None),
            ],
            dependencyConstraints=[needed("g:three", {"strictly": "[3.0]", "requires": "2"}), needed("g:four", None)],
        ),
    )
    file = File("g:one", "1.0", "aar")
    assert found.compile == Side((Need("g:two", "2.0"),), (), (file,))
    assert found.runtime == Side(
        (Need("g:two", "2.0", frozenset({"x:*"})), Need("g:bom", "3", is_platform=True), Need("g:open", "")),
        (("g:three", "3.0"),),
        (file,),
    )


def test_the_variant_for_android_is_chosen_and_may_lie_elsewhere(tmp_path: Path) -> None:
    kinds = {"jvm": "standard-jvm", "androidJvm": "android", "js": "non-jvm", "common": "non-jvm"}
    found = read(
        tmp_path,
        *(
            variant(
                kind,
                "java-runtime",
                attributes={
                    "org.jetbrains.kotlin.platform.type": kind,
                    "org.gradle.jvm.environment": environment,
                    "androidx.kmp.hasCInterop": False,
                },
            )
            | {"available-at": {"url": "x", "group": "g", "module": f"one-{kind}", "version": "1.0"}}
            for kind, environment in kinds.items()
        ),
    )
    assert found.runtime == found.compile == Side(needs=(Need("g:one-androidJvm", "1.0"),))


@pytest.mark.parametrize(
    "other",
    [
        {"com.android.build.api.attributes.BuildTypeAttr": "debug"},
        {"org.gradle.dependency.bundling": "shadowed"},
        {"org.gradle.jvm.version": 21},
        {"org.gradle.category": "documentation"},
        {"org.gradle.libraryelements": "classes"},
    ],
)
def test_what_is_not_for_an_application(tmp_path: Path, other: dict[str, Any]) -> None:
    found = read(
        tmp_path,
        variant("other", "java-runtime", "one-1.0-other.jar", attributes=other),
        variant("right", "java-runtime", "one-1.0.jar"),
    )
    assert found.runtime.files == (File("g:one", "1.0", "jar"),)


def test_fixtures_that_are_published_along_are_another_thing(tmp_path: Path) -> None:
    fixtures = [{"group": "g", "name": "one-test-fixtures", "version": "1.0"}]
    found = read(
        tmp_path,
        variant("fixtures", "java-runtime", "one-1.0-test-fixtures.jar", capabilities=fixtures),
        variant(
            "main",
            "java-runtime",
            "one-1.0.jar",
            capabilities=[
                {"group": "g", "name": "one", "version": "1.0"},
                {"group": "h", "name": "old", "version": "1"},
            ],
        ),
    )
    assert found.runtime.files == (File("g:one", "1.0", "jar"),)


def test_a_file_beside_another_version_and_one_with_a_classifier(tmp_path: Path) -> None:
    file = {"name": "one-1.0-android.jar", "url": "../1.0-android/one-1.0-android.jar"}
    natives = {"name": "one-1.0-linux.jar", "url": "one-1.0-linux.jar"}
    found = read(tmp_path, variant("runtime", "java-runtime") | {"files": [file, natives]})
    assert found.runtime.files == (File("g:one", "1.0-android", "jar"), File("g:one", "1.0", "jar", "linux"))


def test_a_platform(tmp_path: Path) -> None:
    constraints = [needed("g:two", {"requires": "2.0"})]
    found = read(
        tmp_path,
        variant(
            "bom",
            "java-runtime",
            attributes={"org.gradle.category": "platform"},
            dependencyConstraints=constraints,
        ),
    )
    assert found.platform == Side(constraints=(("g:two", "2.0"),))
    assert found.runtime == Side()


@pytest.mark.parametrize("text", ["{", "{}", '{"variants": [{"capabilities": [{}]}]}'])
def test_what_is_no_metadata(tmp_path: Path, text: str) -> None:
    path = tmp_path / "one.module"
    path.write_text(text)
    with pytest.raises(CheckError, match="is no Gradle module metadata"):
        read_metadata(path, "g:one:1.0")
