"""What all steps of a build share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from android.check.android_units import AndroidTools, write_test_configuration
from android.check.machine import Java
from android.check.modules import Module
from android.check.project import Project
from android.check.resolver import Artefact, Request
from android.check.resources import Linked
from android.check.units import MAIN, TEST, Unit, debugged_with, run_with


@dataclass(frozen=True, slots=True)
class Build:
    """Everything that the steps share.

    Args:
        project: what is built.
        units: of it, in the order of their compilation.
        artefacts: of each request.
        compiler: the Kotlin compiler's own class path.
        java: the development kit.
        out: folder of what is written.
        android: for applications, if there are any.
    """

    project: Project
    units: dict[str, Unit]
    artefacts: Mapping[Request, Sequence[Artefact]]
    compiler: Sequence[Artefact]
    java: Java
    out: Path
    android: AndroidTools | None = None

    def folder(self, unit: Unit) -> Path:
        """What is written for one unit."""
        return self.out / unit.module / unit.kind

    def classes(self, name: str) -> list[Path]:
        """Folders to put on a class path for a unit, by MODULE/KIND; none for one without sources."""
        if name not in self.units:
            return []
        unit = self.units[name]
        return [self.folder(unit) / "classes", *([unit.resources] if unit.resources.is_dir() else [])]

    def jars(self, request: Request) -> list[Path]:
        """The class path that a request makes."""
        artefacts = self.artefacts[request]
        if not request.is_android:
            return [artefact.path for artefact in artefacts]
        return self.tools.jars(artefacts, self.out)

    @property
    def tools(self) -> AndroidTools:
        """For applications."""
        assert self.android is not None, "the project has no application"
        return self.android

    def link(self, module: Module, name: str) -> Linked:
        """The resources of an application, linked for its ``release``, its ``debug`` variant or its ``test``."""
        assert module.application is not None
        unit = Unit(module.name, TEST if name == "test" else MAIN, (), module.folder)
        needed = debugged_with(self.project, unit) if name == "debug" else run_with(self.project, unit)
        artefacts = self.artefacts[needed.libraries]
        return self.tools.link(module.application, module.folder, artefacts, self.java, self.out, name=name)

    def link_test(self, module: Module) -> list[Path]:
        """What Robolectric needs of an application on the class path: where its resources are, and their R classes."""
        assert module.application is not None
        linked = self.link(module, "test")
        configuration = self.out / module.name / TEST / "configuration"
        return [write_test_configuration(module.application, linked, configuration), linked.classes]
