"""Applications as files: resources, bytecode, native libraries and what classes read as resources, in one zip."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from android.check.errors import CheckError
from android.check.reproducible_zip import write_zip

_RESOURCE_TABLE = "resources.arsc"
_DEX = re.compile(r"classes\d*\.dex")
_SERVICES = "META-INF/services/"
# What only compilers, Gradle, other platforms or people read.
_NOT_WANTED = re.compile(
    r"""
      .*/ | .*\.(class|kotlin_module|kotlin_builtins|kotlin_metadata|knm|proto|java|version) | .*/package\.html
      | META-INF/(?!services/[^/]+$).* | (commonMain|nativeMain|linkdata|default)/.* | DebugProbesKt\.bin
      | (LICENSE|NOTICE)(\.txt|\.md)? | ai/onnxruntime/native/.*
    """,
    re.VERBOSE,
)


def assemble(out: Path, *, resources: Path, bytecode: Path, jars: Sequence[Path], natives: Mapping[str, Path]) -> None:
    """Write an APK that is not signed yet.

    Args:
        out: to write.
        resources: what aapt2 linked: manifest, resources, assets.
        bytecode: what D8 or R8 made.
        jars: whose resources are wanted; R8's own result after it.
        natives: libraries by their place, ``lib/ABI/NAME``: stored as they are, for Android maps them from the APK itself.

    Raises CheckError where two libraries bring different resources of one name.
    """
    parts, compressed = {}, set()
    with zipfile.ZipFile(resources) as linked:
        for entry in linked.infolist():
            parts[entry.filename] = linked.read(entry)
            if entry.compress_type != zipfile.ZIP_STORED and entry.filename != _RESOURCE_TABLE:
                compressed.add(entry.filename)
    with zipfile.ZipFile(bytecode) as dexed:
        code = {name: dexed.read(name) for name in dexed.namelist() if _DEX.fullmatch(name)}
    if not code:
        raise CheckError(f"{bytecode} holds no bytecode")
    found = java_resources(jars)
    if twice := sorted(parts.keys() & (found.keys() | code.keys())):
        raise CheckError(f"a library's resource stands where the application has its own: {', '.join(twice)}")
    parts |= code | found
    compressed |= code.keys() | found.keys()
    parts |= {place: path.read_bytes() for place, path in natives.items()}
    write_zip(out, parts, deflated=compressed)


def java_resources(jars: Sequence[Path]) -> dict[str, bytes]:
    """What classes may read at run time, by name; lists of services joined. Raises CheckError as ``assemble``."""
    found: dict[str, bytes] = {}
    for jar in jars:
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                if _NOT_WANTED.fullmatch(name) or _DEX.fullmatch(name):
                    continue
                content = archive.read(name)
                if name not in found:
                    found[name] = content
                elif name.startswith(_SERVICES):
                    found[name] = found[name].rstrip(b"\n") + b"\n" + content
                elif found[name] != content:
                    raise CheckError(f"{jar.name} brings another {name} than a library before it")
    return found


def native_libraries(folders: Sequence[Path], abis: Sequence[str]) -> dict[str, Path]:
    """Libraries of unpacked AARs for some kinds of processor, by their place in an APK.

    Raises CheckError where two AARs bring different libraries of one name.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(path for abi in abis for path in folder.glob(f"jni/{abi}/*.so")):
            place = f"lib/{path.parent.name}/{path.name}"
            if place in found and found[place].read_bytes() != path.read_bytes():
                raise CheckError(f"{folder.name} brings another {path.name} than {found[place].parents[2].name}")
            found.setdefault(place, path)
    return found
