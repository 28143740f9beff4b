"""Libraries for Android (AARs), unpacked once."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from android.check.aapt import Aapt
from android.check.errors import CheckError
from android.check.resolver import Artefact

_METADATA = "META-INF/com/android/build/gradle/aar-metadata.properties"
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Aar:
    """An unpacked library.

    Args:
        artefact: that it came in.
        folder: with its ``res``, ``assets``, ``jni``, ``proguard.txt`` and so on, as far as it has them.
    """

    artefact: Artefact
    folder: Path

    @property
    def jars(self) -> list[Path]:
        """Its classes."""
        return [
            path for path in (self.folder / "classes.jar", *sorted(self.folder.glob("libs/*.jar"))) if path.is_file()
        ]

    @property
    def manifest(self) -> Path:
        """Its manifest."""
        return self.folder / "AndroidManifest.xml"

    @property
    def package(self) -> str:
        """Of its R class."""
        # It was unpacked from an artefact that the lock names: no stranger's XML.
        return ElementTree.parse(self.manifest).getroot().get("package", "")  # noqa: S314

    @property
    def resources(self) -> Path | None:
        """Its resources, compiled; None where it has none."""
        path = self.folder / "resources.zip"
        return path if path.is_file() else None

    @property
    def symbols(self) -> Path:
        """The list of its resources."""
        return self.folder / "R.txt"


def unpack(artefacts: Sequence[Artefact], aapt: Aapt, out: Path) -> list[Aar]:
    """Those of the artefacts that are AARs, each unpacked into a folder of its own unless it lies there already."""
    found = [artefact for artefact in artefacts if artefact.path.suffix == ".aar"]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda artefact: _unpack(artefact, aapt, out), found))


def jars_of(artefacts: Sequence[Artefact], aars: Sequence[Aar]) -> list[Path]:
    """The class path that some artefacts make, in their order."""
    by_artefact = {aar.artefact: aar for aar in aars}
    return [
        path
        for artefact in artefacts
        for path in (by_artefact[artefact].jars if artefact in by_artefact else [artefact.path])
    ]


def refuse_newer(aars: Sequence[Aar], compile_sdk: int) -> None:
    """Raise CheckError for libraries that want to be compiled against a newer level of Android."""
    newer = []
    for aar in aars:
        path = aar.folder / _METADATA
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        told = dict(line.split("=", 1) for line in lines if "=" in line)
        if int(told.get("minCompileSdk", "1")) > compile_sdk:
            newer.append(f"{aar.artefact.coordinate} wants {told['minCompileSdk']}")
    if newer:
        raise CheckError(
            f"compileSdk = {compile_sdk} is too low: {', '.join(newer)}", "raise it, or take an older library"
        )


def _unpack(artefact: Artefact, aapt: Aapt, out: Path) -> Aar:
    name = artefact.coordinate.replace(":", "-")
    folder = out / f"{name}-{artefact.sha256[:8]}"
    if not folder.is_dir():
        out.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=out))
        with zipfile.ZipFile(artefact.path) as archive:
            archive.extractall(scratch)
        if any(path.is_file() for path in scratch.glob("res/**/*")):
            aapt.compile(scratch / "res", scratch / "resources.zip")
        try:
            _ = scratch.rename(folder)
        except OSError:  # another run was faster
            shutil.rmtree(scratch)
    return Aar(artefact, folder)
