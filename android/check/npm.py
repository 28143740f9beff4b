"""Engines that only packages of npm hold, by the npm client: their Java classes, and all that an application brings of them."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from android.check.errors import CheckError
from android.check.reproducible_zip import write_zip

GROUP = "npm:"
"""With which the coordinate of a package begins."""
MAKING = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
"""Stands for how files are made of packages."""
ABIS = ("arm64-v8a", "x86_64")
"""Kinds of processor whose libraries are kept: phones, and emulators on a computer."""
_LIBRARY = re.compile(rf"jni/({'|'.join(ABIS)})/\w+\.so")
# Without uses-sdk the library would be one for Android 1, and the merger would add permissions that it had implied.
_MANIFEST = """<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="{}">
<uses-sdk android:minSdkVersion="24" />
</manifest>
"""


@dataclass(frozen=True, slots=True)
class _Package:
    """Where a package keeps what is taken of it.

    Args:
        namespace: of the library for Android.
        folder: of its notices in an application.
        classes: file of the Java classes, in a package without an AAR.
        aar: the library for Android.
        libraries: native ones by where they stand in an AAR, in a package without one.
        notices: licence and notices, by their names in an application.
    """

    namespace: str
    folder: str
    classes: str = ""
    aar: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)
    notices: Mapping[str, str] = field(default_factory=dict)


_PACKAGES = {
    # Classes and libraries of ExecuTorch 1.3. The package holds no licence of ExecuTorch: the application's assets do.
    "react-native-executorch": _Package(
        namespace="org.pytorch.executorch",
        folder="executorch",
        classes="package/android/libs/classes.jar",
        libraries={
            f"jni/{abi}/libexecutorch.so": f"package/third-party/android/libs/executorch/{abi}/libexecutorch.so"
            for abi in ABIS
        },
    ),
    # Never 0.4.9: its ONNX Runtime 1.29 sends what it is used for to its maker.
    "com.github.asus4.onnxruntime": _Package(
        namespace="ai.onnxruntime",
        folder="onnxruntime",
        aar="package/Plugins/Android/onnxruntime.aar",
        notices={"LICENSE": "package/LICENSE", "ThirdPartyNotices.txt": "package/ThirdPartyNotices.txt"},
    ),
}


def fetch_classes(coordinate: str, folder: Path) -> Path:
    """The classes of a package ``npm:NAME:VERSION``, as a jar in a folder.

    Raises CheckError where npm is missing or cannot fetch the package, or the package holds no classes.
    """
    name, version, package = _known(coordinate)
    jar = folder / f"{name}-{version}.jar"
    with _fetched(name, version) as archive:
        if package.classes:
            content = _member(archive, package.classes)
        else:
            with zipfile.ZipFile(io.BytesIO(_member(archive, package.aar))) as aar:
                content = aar.read("classes.jar")
    _ = jar.write_bytes(content)
    return jar


def fetch_aar(coordinate: str, folder: Path) -> Path:
    """All that an application brings of a package ``npm:NAME:VERSION``: an AAR with the same bytes at each call.

    It holds the classes, the native libraries for ABIS and, as assets, licence and notices.

    Raises CheckError where npm is missing or cannot fetch the package, or the package lacks a part.
    """
    name, version, package = _known(coordinate)
    parts = {"AndroidManifest.xml": _MANIFEST.format(package.namespace).encode()}
    with _fetched(name, version) as archive:
        if package.aar:
            with zipfile.ZipFile(io.BytesIO(_member(archive, package.aar))) as aar:
                kept = [one for one in aar.namelist() if one == "classes.jar" or _LIBRARY.fullmatch(one)]
                parts |= {one: aar.read(one) for one in kept}
        else:
            parts["classes.jar"] = _member(archive, package.classes)
            parts |= {path: _member(archive, member) for path, member in package.libraries.items()}
        for notice, member in package.notices.items():
            parts[f"assets/licences/{package.folder}/{notice}"] = _member(archive, member)
    aar_path = folder / f"{name}-{version}.aar"
    write_zip(aar_path, parts)
    return aar_path


def _known(coordinate: str) -> tuple[str, str, _Package]:
    _, name, version = coordinate.split(":")
    if name not in _PACKAGES:
        raise CheckError(f"no one told the check where {name} keeps its classes", f"add it to {__file__}")
    return name, version, _PACKAGES[name]


def _fetched(name: str, version: str) -> tarfile.TarFile:
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
        # On Linux the file stays readable after its folder is gone.
        return tarfile.open(next(Path(scratch).glob("*.tgz")))


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    try:
        content = archive.extractfile(name)
    except KeyError:
        content = None
    if content is None:
        raise CheckError(f"{Path(str(archive.name)).name} holds no {name}")
    return content.read()
