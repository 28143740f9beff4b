"""Reads from an APK what decides whether a phone takes it, before it is sent."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from upcall.deploy.contract import PACKAGE
from upcall.edge_runtime.errors import InputError

_MANIFEST = "AndroidManifest.xml"


@dataclass(frozen=True, slots=True)
class Apk:
    """Upcall's app as a file. ``abis`` are those it has engines for; none where it brings none."""

    path: Path
    size_bytes: int
    abis: tuple[str, ...]


def read_apk(path: Path) -> Apk:
    """Look into the zip.

    Raises:
        InputError: there is no such file, or it is no APK of Upcall.
    """
    build = "make android writes it, or build it with Gradle: docs/android.md"
    if not path.is_file():
        raise InputError(f"There is no file {path}.", next_step=build)
    try:
        with zipfile.ZipFile(path) as archive:
            names = [PurePosixPath(name) for name in archive.namelist()]
            manifest = archive.read(_MANIFEST)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError):  # RuntimeError: encrypted
        raise InputError(f"{path} is no APK, or a damaged one.", next_step=build) from None
    # Texts of a compiled manifest are UTF-8 or UTF-16.
    if PACKAGE.encode() not in manifest and PACKAGE.encode("utf-16-le") not in manifest:
        raise InputError(f"{path} is the APK of another app.", allowed=PACKAGE, next_step=build)
    abis = {name.parts[1] for name in names if len(name.parts) == 3 and name.parts[0] == "lib"}
    return Apk(path, path.stat().st_size, tuple(sorted(abis)))
