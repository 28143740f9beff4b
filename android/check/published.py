"""What modules of the registries say of themselves, and their files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from android.check.coursier import Coursier
from android.check.descriptions import Description, File
from android.check.gradle_metadata import read_metadata
from android.check.pom import GRADLE_METADATA, read_pom


class Published:
    """Descriptions by coordinate, fetched once and remembered.

    Args:
        coursier: that fetches.
        memory: file of where POMs lie, and of those that cannot be had: asking for them again takes long.
    """

    def __init__(self, coursier: Coursier, memory: Path) -> None:
        self._coursier = coursier
        self._memory = memory
        self._poms: dict[str, str] = json.loads(memory.read_text(encoding="utf-8")) if memory.is_file() else {}
        self._known: dict[str, Description] = {}

    def of(self, coordinates: Iterable[str]) -> Mapping[str, Description]:
        """What each of these says; those that cannot be had are left out."""
        wanted = list(dict.fromkeys(coordinates))
        self._fetch(wanted)
        self._fetch_metadata([one for one in wanted if one not in self._known and self._has_metadata(one)])
        for coordinate in wanted:
            if coordinate in self._known or not (pom := self._poms[coordinate]):
                continue
            metadata = Path(pom).with_suffix(".module")
            if self._has_metadata(coordinate) and metadata.is_file():
                self._known[coordinate] = read_metadata(metadata, coordinate)
            else:
                self._known[coordinate] = read_pom(Path(pom), coordinate, self._other)
        return {coordinate: self._known[coordinate] for coordinate in wanted if coordinate in self._known}

    def files(self, files: Sequence[File]) -> dict[str, str]:
        """Where files lie, by coordinate. Raises CheckError where one cannot be had."""
        found: dict[str, str] = {}
        by_coordinate: dict[str, str] = {}
        for file in files:
            attributes = f",ext={file.extension},type={file.extension}"
            attributes += f",classifier={file.classifier}" if file.classifier else ""
            by_coordinate[f"{file.module}:{file.version}{attributes}"] = f"{file.module}:{file.version}"
        for batch in _batches(by_coordinate):
            found |= self._coursier.require(batch, "jar,aar")
        return {coordinate.replace(":jar:", ":"): path for coordinate, path in found.items()}

    def _fetch(self, coordinates: Sequence[str]) -> None:
        wanted = [one for one in coordinates if not self._is_settled(one)]
        for batch in _batches({one: one for one in wanted}):
            found = self._coursier.fetch([f"{one},ext=pom,type=pom" for one in batch], "pom")
            for one in batch:
                module, _, version = one.rpartition(":")
                self._poms[one] = found.get(f"{module}:pom:{version}", "")
            _ = self._memory.write_text(json.dumps(self._poms, indent=1, sort_keys=True), encoding="utf-8")

    def _is_settled(self, coordinate: str) -> bool:
        path = self._poms.get(coordinate)
        return path == "" or (path is not None and Path(path).is_file())

    def _has_metadata(self, coordinate: str) -> bool:
        pom = self._poms[coordinate]
        return bool(pom) and GRADLE_METADATA in Path(pom).read_text(encoding="utf-8")

    def _fetch_metadata(self, coordinates: Sequence[str]) -> None:
        missing = [one for one in coordinates if not Path(self._poms[one]).with_suffix(".module").is_file()]
        for batch in _batches({one: one for one in missing}):
            _ = self._coursier.fetch([f"{one},ext=module,type=module" for one in batch], "module")

    def _other(self, coordinate: str) -> Path | None:
        self._fetch([coordinate])
        return Path(self._poms[coordinate]) if self._poms[coordinate] else None


def _batches(coordinates: Mapping[str, str]) -> Iterator[list[str]]:
    """Roots in groups that name no module twice, of which coursier would take one version only."""
    left = dict(coordinates)
    while left:
        modules: set[str] = set()
        batch = []
        for root, coordinate in left.items():
            module = coordinate.rpartition(":")[0]
            if module not in modules:
                modules.add(module)
                batch.append(root)
        for root in batch:
            del left[root]
        yield batch
