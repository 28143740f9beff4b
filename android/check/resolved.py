"""What the project and the check's own tools need, as it lies on this machine and as the lock allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from android.check.aapt import find_aapt
from android.check.android_units import AndroidTools
from android.check.build import Build
from android.check.catalogue import APPLICATION_TOOLS, TOOLS
from android.check.lock import likely_versions, refuse_unlocked
from android.check.machine import Java, find_java, require_maven
from android.check.project import Project, has_application
from android.check.resolver import Artefact, Request, Resolver
from android.check.units import Unit, all_requests

LOCK = Path(__file__).with_name("lock.json")
OUT = Path(__file__).resolve().parents[1] / "build" / "check"
_TOOLS = tuple(alias.removeprefix("check.") for alias in sorted(TOOLS) if alias != "check.coursier")
_APPLICATION_TOOLS = tuple(alias.removeprefix("check.") for alias in sorted(APPLICATION_TOOLS))


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the project and its tools need, as it lies on this machine.

    Args:
        java: the development kit.
        project: as the Gradle files tell it.
        artefacts: of each request, the tools' included.
        everything: coursier's own artefacts too.
    """

    java: Java
    project: Project
    artefacts: Mapping[Request, Sequence[Artefact]]
    everything: Sequence[Artefact]

    def tool(self, name: str) -> Sequence[Artefact]:
        """The class path of a tool."""
        return self.artefacts[_tool(self.project, name)]

    def build(self, units: dict[str, Unit]) -> Build:
        """Of these units."""
        is_for_android = any(self.project.modules[unit.module].application for unit in units.values())
        android = self._android() if is_for_android else None
        return Build(self.project, units, self.artefacts, self.tool("kotlin.compiler"), self.java, OUT, android)

    def console(self, unit: Unit) -> Sequence[Artefact]:
        """What runs tests; those of an application are JUnit 4's."""
        is_old = self.project.modules[unit.module].application is not None
        return [*self.tool("junit.console"), *(self.tool("junit.vintage") if is_old else ())]

    def _android(self) -> AndroidTools:
        return AndroidTools(
            aapt=find_aapt(),
            framework=self._one("android.framework"),
            merger=self.tool("manifest.merger"),
            ksp=self.tool("ksp"),
            compose=self._one("compose.compiler"),
            serialization=self._one("serialization.compiler"),
            robolectric=[self._one("robolectric.framework"), self._one("robolectric.oldest")],
            stubs=self._one("robolectric.stubs"),
        )

    def _one(self, name: str) -> Artefact:
        """The tool's own artefact, without what it needs."""
        module = self.project.catalogue.library(f"check.{name}").module
        return next(artefact for artefact in self.tool(name) if artefact.module == module)


def resolve(project: Project, *, is_locking: bool) -> Resolved:
    """Resolve all of it. Raises CheckError for what the lock does not hold, unless it is about to be written."""
    java = find_java()
    require_maven()
    coursier = project.catalogue.library("check.coursier")
    resolver = Resolver(java.java, coursier, OUT / "resolved", likely=likely_versions(LOCK))
    if not is_locking:
        refuse_unlocked(LOCK, resolver.coursier)
    artefacts = resolver.resolve([*(_tool(project, name) for name in _tools(project)), *all_requests(project)])
    everything = [*resolver.coursier, *(artefact for found in artefacts.values() for artefact in found)]
    if not is_locking:
        refuse_unlocked(LOCK, everything)
    return Resolved(java, project, artefacts, everything)


def _tools(project: Project) -> tuple[str, ...]:
    return (*_TOOLS, *(_APPLICATION_TOOLS if has_application(project) else ()))


def _tool(project: Project, name: str) -> Request:
    return Request((project.catalogue.library(f"check.{name}").coordinate,))
