"""The version catalogue of the Gradle project: gradle/libs.versions.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from android.check.errors import CheckError

TOOLS = {"check.coursier", "check.junit.console", "check.kotlin.compiler", "check.ktlint"}
"""Entries that only the check takes: Gradle brings its own resolver, compiler and test runner."""
APPLICATION_TOOLS = {
    "check.android.framework",
    "check.apksig",
    "check.compose.compiler",
    "check.junit.vintage",
    "check.ksp",
    "check.manifest.merger",
    "check.r8",
    "check.robolectric.framework",
    "check.robolectric.oldest",
    "check.robolectric.stubs",
    "check.serialization.compiler",
}
"""The same for applications for Android: what the SDK and Android's plugin of Gradle bring."""
STAND_INS = {
    "executorch.android": "check.executorch.classes",
    "onnxruntime.android": "check.onnxruntime.android",
}
"""Libraries of which the check takes another entry with the same classes: those for Android are in no registry of Maven."""
_KEYS = {"versions", "libraries", "plugins"}


@dataclass(frozen=True, slots=True)
class Library:
    """One entry of ``[libraries]``.

    Args:
        module: GROUP:ARTIFACT.
        version: an exact one; empty where a platform says it.
    """

    module: str
    version: str

    @property
    def coordinate(self) -> str:
        """GROUP:ARTIFACT:VERSION."""
        return f"{self.module}:{self.version}"


@dataclass
class Catalogue:
    """What a Gradle script may name, and what was named so far. Aliases are written with dots, as scripts do.

    Args:
        path: of the file.
        libraries: by alias.
        plugins: identifier and version by alias.
    """

    path: Path
    libraries: dict[str, Library]
    plugins: dict[str, tuple[str, str]]
    _used: set[str] = field(default_factory=set)

    def library(self, alias: str, *, is_managed: bool = False) -> Library:
        """The entry of an alias; raises CheckError where there is none, or none with a version.

        Args:
            alias: of the entry.
            is_managed: a platform may say the version.
        """
        if alias not in self.libraries:
            raise CheckError(f"{self.path} has no library {alias}")
        if not (is_managed or self.libraries[alias].version):
            raise CheckError(f"{self.path}: {alias} has no exact version")
        self._used.add(alias)
        return self.libraries[alias]

    def compiled_against(self, alias: str, *, is_managed: bool = False) -> Library:
        """What the check takes for the entry of an alias; raises CheckError where there is none."""
        named = self.library(alias, is_managed=is_managed)
        return self.library(STAND_INS[alias]) if alias in STAND_INS else named

    def plugin(self, alias: str) -> tuple[str, str]:
        """Identifier and version of a plugin; raises CheckError where there is none."""
        if alias not in self.plugins:
            raise CheckError(f"{self.path} has no plugin {alias}")
        self._used.add(f"plugins.{alias}")
        return self.plugins[alias]

    def refuse_unused(self, *, has_application: bool = False) -> None:
        """Raise CheckError for entries that nothing named, and for tools that are missing."""
        tools = TOOLS | (APPLICATION_TOOLS if has_application else set())
        entries = {*self.libraries, *(f"plugins.{alias}" for alias in self.plugins)}
        if unused := sorted(entries - self._used - tools - set(STAND_INS.values())):
            raise CheckError(f"{self.path}: nothing uses {', '.join(unused)}", "delete the entry")
        if missing := sorted(tools - entries):
            raise CheckError(f"{self.path}: the check needs {', '.join(missing)}")


def read_catalogue(path: Path) -> Catalogue:
    """Read the file. Raises CheckError for a missing file, what is not understood, and a version that nothing refers to."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise CheckError(f"{path} cannot be read: {error}") from error
    _refuse_others(path, "the file", tables, _KEYS)
    versions: dict[str, Any] = tables.get("versions", {})
    referred: set[str] = set()
    libraries = {}
    for alias, entry in tables.get("libraries", {}).items():
        _refuse_others(path, alias, entry, {"module", "version"})
        version = _version(path, alias, entry, versions, referred) if "version" in entry else ""
        libraries[_dotted(alias)] = Library(entry["module"], version)
    plugins = {}
    for alias, entry in tables.get("plugins", {}).items():
        _refuse_others(path, alias, entry, {"id", "version"})
        plugins[_dotted(alias)] = (entry["id"], _version(path, alias, entry, versions, referred))
    if unused := sorted(set(versions) - referred):
        raise CheckError(f"{path}: nothing uses the version {', '.join(unused)}", "delete the entry")
    return Catalogue(path, libraries, plugins)


def _version(path: Path, alias: str, entry: dict[str, Any], versions: dict[str, Any], referred: set[str]) -> str:
    version = entry.get("version")
    if isinstance(version, dict):
        _refuse_others(path, alias, version, {"ref"})
        name = version["ref"]
        referred.add(name)
        version = versions.get(name)
    if not isinstance(version, str) or not re.fullmatch(r"[\w.-]+", version):
        raise CheckError(f"{path}: {alias} has no exact version")
    return version


def _refuse_others(path: Path, where: str, entry: object, known: Iterable[str]) -> None:
    if not isinstance(entry, dict):
        raise CheckError(f"{path}: {where} is not understood", "write a table, as the other entries are")
    if others := sorted(set(entry) - set(known)):
        raise CheckError(f"{path}: {where} is not understood: {', '.join(others)}")
    if missing := sorted({"module", "id"} & set(known) - set(entry)):
        raise CheckError(f"{path}: {where} has no {missing[0]}")


def _dotted(alias: str) -> str:
    return re.sub(r"[-_]", ".", alias)
