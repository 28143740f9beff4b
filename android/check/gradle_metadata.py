"""Gradle's metadata of a published module (``.module``), read as an Android application chooses among its variants.

coursier can read these files too, but not those with attributes that are no text, which Compose has.
"""

from __future__ import annotations

import json
import posixpath
from pathlib import Path
from typing import Any

from android.check.descriptions import Description, File, Need, Side
from android.check.errors import CheckError
from android.check.versions import least

_PLATFORM_TYPES = {"androidJvm": 0, "jvm": 1, None: 1}
_ENVIRONMENTS = {"android": 0, "standard-jvm": 1, None: 1}
_ELEMENTS = {"aar": 0, "jar": 0, None: 0}
_BUILD_TYPES = {"release": 0, None: 0, "debug": 1}
_BUNDLING = {"external": 0, None: 0, "shadowed": 1}
_API, _RUNTIME = ("java-api", "kotlin-api"), ("java-runtime", "kotlin-runtime")
_NEWEST_JAVA = 17
_PLATFORMS = ("platform", "enforced-platform")


def read_metadata(path: Path, coordinate: str) -> Description:
    """Read a file. Raises CheckError where it is no such metadata."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        variants = [variant for variant in content["variants"] if _is_of(variant, coordinate)]
    except (OSError, ValueError, KeyError) as error:
        raise CheckError(f"{path} is no Gradle module metadata: {error}") from error
    return Description(
        compile=_side(_chosen(variants, _API) or _chosen(variants, _RUNTIME), coordinate),
        runtime=_side(_chosen(variants, _RUNTIME), coordinate),
        platform=_side(_platform(variants), coordinate),
    )


def _is_of(variant: dict[str, Any], coordinate: str) -> bool:
    """Not a variant of something else that is published along, as test fixtures are."""
    capabilities = variant.get("capabilities")
    module = coordinate.rpartition(":")[0]
    return not capabilities or any(f"{each['group']}:{each['name']}" == module for each in capabilities)


def _chosen(variants: list[dict[str, Any]], usages: tuple[str, ...]) -> dict[str, Any] | None:
    """The variant that fits an Android application best."""
    fitting: list[tuple[tuple[int | None, ...], int, dict[str, Any]]] = []
    for variant in variants:
        attributes = variant.get("attributes", {})
        ranks = (
            _PLATFORM_TYPES.get(attributes.get("org.jetbrains.kotlin.platform.type")),
            _ENVIRONMENTS.get(attributes.get("org.gradle.jvm.environment")),
            _ELEMENTS.get(attributes.get("org.gradle.libraryelements")),
            _BUILD_TYPES.get(attributes.get("com.android.build.api.attributes.BuildTypeAttr")),
            _BUNDLING.get(attributes.get("org.gradle.dependency.bundling")),
        )
        if (
            attributes.get("org.gradle.category", "library") == "library"
            and attributes.get("org.gradle.usage") in usages
            and int(attributes.get("org.gradle.jvm.version", 0)) <= _NEWEST_JAVA
            and None not in ranks
        ):
            fitting.append((ranks, len(fitting), variant))
    return min(fitting)[2] if fitting else None


def _platform(variants: list[dict[str, Any]]) -> dict[str, Any] | None:
    for variant in variants:
        attributes = variant.get("attributes", {})
        if attributes.get("org.gradle.category") in _PLATFORMS and attributes.get("org.gradle.usage") in _RUNTIME:
            return variant
    return None


def _side(variant: dict[str, Any] | None, coordinate: str) -> Side:
    if variant is None:
        return Side()
    if elsewhere := variant.get("available-at"):
        return Side(needs=(Need(f"{elsewhere['group']}:{elsewhere['module']}", elsewhere["version"]),))
    return Side(
        needs=tuple(_need(each) for each in variant.get("dependencies", [])),
        constraints=tuple(
            (f"{each['group']}:{each['module']}", version)
            for each in variant.get("dependencyConstraints", [])
            if (version := _version(each))
        ),
        files=tuple(_file(each["url"], coordinate) for each in variant.get("files", [])),
    )


def _need(entry: dict[str, Any]) -> Need:
    excluded = frozenset(f"{each['group']}:{each['module']}" for each in entry.get("excludes", []))
    is_platform = entry.get("attributes", {}).get("org.gradle.category") in _PLATFORMS
    return Need(f"{entry['group']}:{entry['module']}", _version(entry), excluded, is_platform)


def _version(entry: dict[str, Any]) -> str:
    version = entry.get("version", {})
    return least(version.get("strictly") or version.get("requires") or version.get("prefers") or "")


def _file(url: str, coordinate: str) -> File:
    """A file by its address, which is relative to the folder of the module's own version."""
    group, artifact, version = coordinate.split(":")
    folder, name = posixpath.split(posixpath.normpath(posixpath.join("/", artifact, version, url)))
    owner, version = posixpath.split(folder)
    stem, _, extension = name.rpartition(".")
    artifact = posixpath.basename(owner)
    classifier = stem.removeprefix(f"{artifact}-{version}").removeprefix("-")
    return File(f"{group}:{artifact}", version, extension, classifier)
