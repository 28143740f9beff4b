"""Everything that is looked for in a finished APK. None of it runs the application."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from android.check.class_checks import lost_classes, uploader_problems
from android.check.dex import Dex, read_dex
from android.check.elf import SharedLibrary, read_library
from android.check.library_checks import PAGE_BYTES, library_problems, version_problems
from android.check.manifest_checks import manifest_problems
from android.check.native_methods import missing_natives

_LOCAL_HEADER_BYTES = 30
_TABLE_ALIGNMENT = 4


@dataclass(frozen=True, slots=True)
class Package:
    """The parts of an APK that are looked at.

    Args:
        path: of the file.
        is_debug: it can be debugged.
        dexes: its bytecode.
        libraries: native ones, by the kind of processor.
    """

    path: Path
    is_debug: bool
    dexes: tuple[Dex, ...]
    libraries: dict[str, tuple[SharedLibrary, ...]]

    @property
    def classes(self) -> set[str]:
        """Names of its classes, with slashes."""
        return {name for dex in self.dexes for name in dex.classes}


def read_package(path: Path, *, is_debug: bool) -> Package:
    """Read an APK. Raises CheckError for parts that cannot be read."""
    dexes, libraries = [], dict[str, list[SharedLibrary]]()
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if "/" not in name and name.endswith(".dex"):
                dexes.append(read_dex(name, archive.read(name)))
            elif name.startswith("lib/"):
                _, abi, file = name.split("/")
                libraries.setdefault(abi, []).append(read_library(file, archive.read(name)))
    return Package(path, is_debug, tuple(dexes), {abi: tuple(found) for abi, found in libraries.items()})


def apk_problems(package: Package, *, abis: Sequence[str], versions: dict[str, str]) -> list[str]:
    """What is wrong with an APK.

    Args:
        package: as it was read.
        abis: kinds of processor that it must be for, and no others.
        versions: that libraries must tell of themselves, by file name.
    """
    found = [*alignment_problems(package.path), *manifest_problems(package.path, is_debug=package.is_debug)]
    if sorted(package.libraries) != sorted(abis):
        found.append(f"it is for {', '.join(sorted(package.libraries)) or 'no processor'}, not for {', '.join(abis)}")
    natives = {method for dex in package.dexes for method in dex.natives}
    for abi, libraries in package.libraries.items():
        problems = library_problems(libraries, abi=abi)
        problems += [
            f"no library has the native method {one.of.replace('/', '.')}.{one.name}{one.descriptor}"
            for one in missing_natives(natives, libraries)
        ]
        for name, version in versions.items():
            of_name = [library for library in libraries if library.name == name]
            problems += version_problems(of_name[0], version) if of_name else [f"{name} is missing"]
        found += [f"{abi}: {problem}" for problem in problems]
    if package.is_debug:  # later R8 gives classes other names
        found += uploader_problems(package.classes)
    return found


def shrinking_problems(whole: Package, shrunk: Package) -> list[str]:
    """What R8 took away that native code needs."""
    libraries = [library for libraries in shrunk.libraries.values() for library in libraries]
    return lost_classes(whole.dexes, shrunk.dexes, libraries)


def alignment_problems(apk: Path) -> list[str]:
    """Parts of an APK that Android could not map as they lie there: libraries by pages, the table of resources by words."""
    found = []
    with zipfile.ZipFile(apk) as archive, apk.open("rb") as file:
        for entry in archive.infolist():
            is_library = entry.filename.startswith("lib/")
            if not is_library and entry.filename != "resources.arsc":
                continue
            if entry.compress_type != zipfile.ZIP_STORED:
                found.append(f"{entry.filename} is compressed, so it cannot be mapped")
                continue
            file.seek(entry.header_offset)
            name_bytes, extra_bytes = struct.unpack_from("<HH", file.read(_LOCAL_HEADER_BYTES), 26)
            at = entry.header_offset + _LOCAL_HEADER_BYTES + name_bytes + extra_bytes
            alignment = PAGE_BYTES if is_library else _TABLE_ALIGNMENT
            if at % alignment:
                found.append(f"{entry.filename} begins at byte {at:,}, which is no multiple of {alignment:,}")
    return found
