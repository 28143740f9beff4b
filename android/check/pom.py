"""A POM, read as the description of a library or of a platform."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from android.check.descriptions import Description, File, Need, Side
from android.check.errors import CheckError
from android.check.versions import least

GRADLE_METADATA = "published-with-gradle-metadata"
"""Stands in the POM of a module that has Gradle's metadata too."""
_NAMESPACE = re.compile(r"""\sxmlns=("[^"]*"|'[^']*')""")
_PROPERTY = re.compile(r"\$\{([^}]+)\}")
_PACKAGINGS = {"jar": "jar", "bundle": "jar", "maven-plugin": "jar", "aar": "aar", "eclipse-plugin": "jar"}
_DEPTH = 5


@dataclass(frozen=True, slots=True)
class _Entry:
    module: str
    version: str
    scope: str
    is_optional: bool
    classifier: str
    kind: str
    excluded: frozenset[str]


@dataclass
class _Pom:
    """What a POM and its parents say."""

    properties: dict[str, str] = field(default_factory=dict)
    managed: dict[str, _Entry] = field(default_factory=dict)
    entries: list[_Entry] = field(default_factory=list)
    packaging: str = "jar"


def read_pom(path: Path, coordinate: str, other: Callable[[str], Path | None]) -> Description:
    """Read a file.

    Args:
        path: of the POM.
        coordinate: GROUP:ARTIFACT:VERSION that it was asked for by.
        other: finds the POM of another coordinate: a parent's, or that of a platform that it imports.

    Raises CheckError where the file is no POM.
    """
    pom = _read(path, coordinate, other)
    needs = {"compile": list[Need](), "runtime": list[Need]()}
    for entry in pom.entries:
        managed = pom.managed.get(entry.module)
        version = entry.version or (managed.version if managed else "")
        scope = entry.scope or (managed.scope if managed else "") or "compile"
        excluded = entry.excluded | (managed.excluded if managed else frozenset())
        if entry.is_optional or scope not in needs or entry.kind not in _PACKAGINGS:
            continue
        if entry.classifier:
            raise CheckError(f"{coordinate} needs {entry.module} with the classifier {entry.classifier}")
        needs[scope].append(Need(entry.module, version, excluded))
    module, _, version = coordinate.rpartition(":")
    extension = _PACKAGINGS.get(pom.packaging)
    files = (File(module, version, extension),) if extension else ()
    managed_versions = tuple((entry.module, entry.version) for entry in pom.managed.values() if entry.version)
    return Description(
        compile=Side(tuple(needs["compile"]), (), files),
        runtime=Side((*needs["compile"], *needs["runtime"]), (), files),
        platform=Side((), managed_versions, ()),
    )


def _read(path: Path, coordinate: str, other: Callable[[str], Path | None]) -> _Pom:
    try:
        root = ElementTree.fromstring(_NAMESPACE.sub("", path.read_text(encoding="utf-8"), count=1))  # noqa: S314 - of a registry that the check trusts to run code of
    except (OSError, ElementTree.ParseError) as error:
        raise CheckError(f"{path} is no POM: {error}") from error
    pom = _Pom()
    if (parent := root.find("parent")) is not None:
        owner = ":".join(_text(parent, name) for name in ("groupId", "artifactId", "version"))
        if found := other(owner):
            inherited = _read(found, owner, other)
            pom = _Pom(dict(inherited.properties), dict(inherited.managed), list(inherited.entries))
    pom.properties |= {each.tag: (each.text or "").strip() for each in root.iterfind("properties/*")}
    group, artifact, version = coordinate.split(":")
    for prefix in ("project.", "pom.", ""):
        pom.properties |= {f"{prefix}groupId": group, f"{prefix}artifactId": artifact, f"{prefix}version": version}
    for each in root.iterfind("dependencyManagement/dependencies/dependency"):
        entry = _entry(each, pom.properties)
        if entry.scope == "import":
            imported = other(f"{entry.module}:{entry.version}")
            if imported:
                platform = _read(imported, f"{entry.module}:{entry.version}", other)
                pom.managed = platform.managed | pom.managed
        elif not entry.classifier:
            pom.managed[entry.module] = entry
    pom.entries += [_entry(each, pom.properties) for each in root.iterfind("dependencies/dependency")]
    pom.packaging = _text(root, "packaging") or "jar"
    return pom


def _entry(element: ElementTree.Element, properties: dict[str, str]) -> _Entry:
    def told(name: str) -> str:
        text = _text(element, name)
        for _ in range(_DEPTH):
            text = _PROPERTY.sub(lambda match: properties.get(match[1], match[0]), text)
        return text

    excluded = frozenset(
        f"{_text(each, 'groupId')}:{_text(each, 'artifactId')}" for each in element.iterfind("exclusions/exclusion")
    )
    return _Entry(
        module=f"{told('groupId')}:{told('artifactId')}",
        version=least(told("version")),
        scope=told("scope"),
        is_optional=told("optional") == "true",
        classifier=told("classifier"),
        kind=told("type") or "jar",
        excluded=excluded,
    )


def _text(element: ElementTree.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()
