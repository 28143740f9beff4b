"""What the compilation and the tests of an application for Android need beyond those of a plain module."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from android.check.aapt import Aapt
from android.check.aars import Aar, jars_of, unpack
from android.check.application import Application
from android.check.ksp import Processing, process
from android.check.machine import Java
from android.check.modules import Module
from android.check.resolver import Artefact
from android.check.resources import Linked, Linker

_OPENED = (
    "java.base/java.lang",
    "java.base/java.util",
    "java.base/java.io",
    "java.base/java.net",
    "java.base/java.nio",
)
"""To reflection, as Gradle opens them for every test."""
_CONFIGURATION = "com/android/tools/test_config.properties"


@dataclass(frozen=True, slots=True)
class AndroidTools:
    """What the SDK and Android's plugin of Gradle bring, found elsewhere.

    Args:
        aapt: the resource compiler.
        framework: Android's classes, hidden ones too, and its resources.
        merger: class path of the manifest merger.
        ksp: class path of KSP.
        compose: plugin of the Kotlin compiler.
        serialization: plugin of the Kotlin compiler.
        robolectric: Android as it runs on a JVM, in each version that tests may ask for.
        stubs: the same classes as the tests' own class path holds them, where they are only named.
    """

    aapt: Aapt
    framework: Artefact
    merger: Sequence[Artefact]
    ksp: Sequence[Artefact]
    compose: Artefact
    serialization: Artefact
    robolectric: Sequence[Artefact]
    stubs: Artefact

    def plugins_for(self, module: Module) -> list[Artefact]:
        """Of the Kotlin compiler."""
        found: list[Artefact] = []
        if "org.jetbrains.kotlin.plugin.compose" in module.plugins:
            found.append(self.compose)
        if "org.jetbrains.kotlin.plugin.serialization" in module.plugins:
            found.append(self.serialization)
        return found

    def unpack(self, artefacts: Sequence[Artefact], out: Path) -> list[Aar]:
        """The AARs among some artefacts."""
        return unpack(artefacts, self.aapt, out / "aars")

    def jars(self, artefacts: Sequence[Artefact], out: Path) -> list[Path]:
        """The class path that some artefacts make."""
        return jars_of(artefacts, self.unpack(artefacts, out))

    def link(
        self, application: Application, folder: Path, artefacts: Sequence[Artefact], java: Java, out: Path, *, name: str
    ) -> Linked:
        """The resources of an application, linked.

        Args:
            application: whose they are.
            folder: of its module.
            artefacts: that it runs with.
            java: the development kit.
            out: folder of everything written.
            name: ``release``, ``debug`` or ``test``.
        """
        linker = Linker(self.aapt, self.framework, self.merger, java)
        aars = self.unpack(artefacts, out)
        target = out / folder.name / f"resources-{name}"
        return linker.link(application, folder / "src" / "main", aars, target, is_debug=name != "release")

    def generate(
        self,
        module: Module,
        libraries: Sequence[Path],
        processors: Sequence[Artefact],
        *,
        java: Java,
        kotlin: str,
        out: Path,
    ) -> list[Path]:
        """Kotlin files that the module's generators write."""
        assert module.application is not None
        processing = Processing(
            module=module.name,
            folder=module.folder,
            roots=[module.folder / "src" / "main" / "kotlin"],
            libraries=libraries,
            processors=processors,
            options=module.application.processor_options,
            jdk=module.jdk,
            kotlin=kotlin,
            jdk_home=java.home,
            out=out,
        )
        return process(processing, java=java.java, ksp=self.ksp)


def write_test_configuration(application: Application, linked: Linked, out: Path) -> Path:
    """The folder, to be put on the class path, that tells Robolectric where manifest and resources are."""
    shutil.rmtree(out, ignore_errors=True)
    path = out / _CONFIGURATION
    path.parent.mkdir(parents=True)
    assets = out / "assets"
    assets.mkdir()
    values = {
        "android_custom_package": application.namespace,
        "android_merged_assets": assets,
        "android_merged_manifest": linked.manifest,
        "android_resource_apk": linked.package,
    }
    _ = path.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    return out


def robolectric_options(application: Application, frameworks: Sequence[Artefact], out: Path) -> list[str]:
    """Of the virtual machine: Robolectric takes Android from here and downloads nothing."""
    folder = out / "robolectric"
    folder.mkdir(parents=True, exist_ok=True)
    for framework in frameworks:
        link = folder / framework.path.name
        if not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(framework.path)
    properties = {"robolectric.offline": "true", "robolectric.dependency.dir": str(folder)}
    properties |= application.test_properties
    opened = [f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED]
    return [*opened, *(f"-D{name}={value}" for name, value in properties.items())]
