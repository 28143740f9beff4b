"""The lock: every artefact that the check downloads, with its SHA-256."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from android.check.errors import CheckError
from android.check.resolver import Artefact
from android.check.versions import highest

ACCEPT = "make android-lock"
_SHOWN = 10


def write_lock(path: Path, artefacts: Iterable[Artefact]) -> None:
    """Accept these artefacts as the right ones."""
    hashes = {artefact.coordinate: artefact.sha256 for artefact in artefacts}
    _ = path.write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def refuse_unlocked(path: Path, artefacts: Iterable[Artefact]) -> None:
    """Raise CheckError unless every one of these artefacts is in the lock with this very hash."""
    locked = _read(path)
    problems = [
        f"{artefact.coordinate} is not in it"
        if artefact.coordinate not in locked
        else f"{artefact.coordinate} has another SHA-256: {artefact.sha256}"
        for artefact in dict.fromkeys(artefacts)
        if locked.get(artefact.coordinate) != artefact.sha256
    ]
    _refuse(path, sorted(problems))


def refuse_leftovers(path: Path, artefacts: Iterable[Artefact]) -> None:
    """Raise CheckError for what is in the lock and none of these artefacts, which must be all."""
    coordinates = {artefact.coordinate for artefact in artefacts}
    _refuse(path, [f"{coordinate} is no longer used" for coordinate in sorted(set(_read(path)) - coordinates)])


def likely_versions(path: Path) -> dict[str, str]:
    """The highest version of each module in the lock, if there is one; a module that only points to its variants too."""
    found: dict[str, str] = {}
    for coordinate in _read(path) if path.is_file() else ():
        group, artifact, *_, version = coordinate.split(":")
        root = re.sub(r"-(android|jvm)$", "", artifact)
        for module in (f"{group}:{artifact}", f"{group}:{root}"):
            found[module] = highest(version, found.get(module, ""))
    return found


def _read(path: Path) -> dict[str, str]:
    try:
        hashes: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckError(f"{path} cannot be read: {error}", f"`{ACCEPT}` writes it") from error
    return hashes


def _refuse(path: Path, problems: list[str]) -> None:
    if not problems:
        return
    shown = problems[:_SHOWN] + ([f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else [])
    raise CheckError(
        f"the artefacts are not those of {path}:\n  " + "\n  ".join(shown),
        f"if you meant to change them, `{ACCEPT}` accepts what is resolved now; if not, do not run them",
    )
