"""The resources of an application, linked with those of its libraries."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from android.check.aapt import Aapt
from android.check.aars import Aar, refuse_newer
from android.check.application import Application
from android.check.errors import CheckError
from android.check.framework import framework_resources
from android.check.java_sources import compile_java
from android.check.machine import Java
from android.check.manifests import merge_manifests
from android.check.r_classes import own_names, read_symbols, write_classes
from android.check.resolver import Artefact

_JAVA_RELEASE = 11


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking gives.

    Args:
        folder: that holds it all.
    """

    folder: Path

    @property
    def manifest(self) -> Path:
        """Merged, as text."""
        return self.folder / "AndroidManifest.xml"

    @property
    def package(self) -> Path:
        """Resources, assets and the manifest, as an APK holds them."""
        return self.folder / "resources.apk"

    @property
    def classes(self) -> Path:
        """Folder of the R classes."""
        return self.folder / "classes"

    @property
    def keep_rules(self) -> Path:
        """What R8 must keep as the manifest and layouts name it."""
        return self.folder / "keep.pro"


@dataclass(frozen=True, slots=True)
class Linker:
    """What links.

    Args:
        aapt: the resource compiler.
        framework: Android's classes and resources.
        merger: class path of the manifest merger.
        java: the development kit.
    """

    aapt: Aapt
    framework: Artefact
    merger: Sequence[Artefact]
    java: Java

    def link(
        self, application: Application, sources: Path, aars: Sequence[Aar], out: Path, *, is_debug: bool
    ) -> Linked:
        """Link what changed.

        Args:
            application: whose resources they are.
            sources: folder of its manifest, ``res`` and ``assets``.
            aars: its libraries, the more important first.
            out: folder of what is written.
            is_debug: the application can be debugged.

        Raises CheckError for what does not fit together, and for libraries that want a newer ``compileSdk``.
        """
        refuse_newer(aars, application.compile_sdk)
        own = sources / "AndroidManifest.xml"
        if not own.is_file():
            raise CheckError(f"{own} is missing")
        linked, stamp = Linked(out), out / "stamp"
        digest = self._digest(application, sources, aars, is_debug=is_debug)
        if stamp.is_file() and stamp.read_text() == digest:
            return linked
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        merge_manifests(own, aars, application, java=self.java.java, merger=self.merger, out=linked.manifest)
        self.aapt.link(self._arguments(application, sources, aars, linked, is_debug=is_debug))
        self._write_classes(application, sources, aars, linked)
        _ = stamp.write_text(digest)
        return linked

    def _arguments(
        self, application: Application, sources: Path, aars: Sequence[Aar], linked: Linked, *, is_debug: bool
    ) -> list[str]:
        framework = framework_resources(self.framework, linked.folder.parents[1] / "framework")
        found = ["-I", str(framework), "--manifest", str(linked.manifest), "-o", str(linked.package)]
        found += ["--output-text-symbols", str(linked.folder / "R.txt"), "--proguard", str(linked.keep_rules)]
        found += ["--auto-add-overlay", "--no-version-vectors", "--warn-manifest-validation"]
        found += ["--min-sdk-version", str(application.min_sdk), "--target-sdk-version", str(application.target_sdk)]
        if application.locales:
            found += ["-c", ",".join(application.locales)]
        if is_debug:
            found.append("--debug-mode")
        # Of two resources with one name the last counts, so that libraries come first, and the least important before.
        overlays = [aar.resources for aar in reversed(aars) if aar.resources]
        if (sources / "res").is_dir():
            own = linked.folder / "own.zip"
            self.aapt.compile(sources / "res", own)
            overlays.append(own)
        for overlay in overlays:
            found += ["-R", str(overlay)]
        for assets in (sources / "assets", *(aar.folder / "assets" for aar in aars)):
            if assets.is_dir():
                found += ["-A", str(assets)]
        return found

    def _write_classes(self, application: Application, sources: Path, aars: Sequence[Aar], linked: Linked) -> None:
        symbols = read_symbols(linked.folder / "R.txt")
        packages = {aar.package: set(read_symbols(aar.symbols)) for aar in aars if aar.package}
        packages[application.namespace] = own_names(sources / "res")
        written = write_classes(packages, symbols, linked.folder / "java")
        linked.classes.mkdir()
        if written:
            compile_java(self.java, written, [], linked.classes, _JAVA_RELEASE)

    def _digest(self, application: Application, sources: Path, aars: Sequence[Aar], *, is_debug: bool) -> str:
        digest = hashlib.sha256(f"{application}\0{is_debug}\0{self.java.version}\0{self.framework.sha256}".encode())
        for artefact in (*self.merger, *(aar.artefact for aar in aars)):
            digest.update(artefact.sha256.encode())
        files = [
            sources / "AndroidManifest.xml",
            *sorted(sources.glob("res/**/*")),
            *sorted(sources.glob("assets/**/*")),
        ]
        for path in files:
            if path.is_file():
                digest.update(f"{path.relative_to(sources)}\0".encode() + path.read_bytes() + b"\0")
        return digest.hexdigest()
