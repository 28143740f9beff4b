"""Artefacts by coursier, into its usual cache; coursier itself by Maven, into its usual repository.

A class path for Android is chosen by ``selection.py``: coursier reads POMs, which cannot say that an Android variant is
wanted, and refuses the exact versions that groups of AndroidX libraries ask of each other.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from android.check import npm
from android.check.catalogue import Library
from android.check.coursier import Coursier
from android.check.descriptions import Need
from android.check.errors import CheckError
from android.check.published import Published
from android.check.selection import select

COMPILE, RUNTIME = "compile", "runtime"
"""What a module sees of a library's own dependencies while it is compiled, and while it runs."""
_MAVEN_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath"
_POM = """<project><modelVersion>4.0.0</modelVersion><groupId>upcall</groupId><artifactId>resolver</artifactId>
<version>1</version>
<dependencies><dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>
</dependencies></project>
"""
_AT_ONCE = 2
_ANDROIDX = "androidx."


@dataclass(frozen=True, slots=True)
class Request:
    """One class path to find.

    Args:
        roots: GROUP:ARTIFACT:VERSION, with coursier's attributes where it needs any.
        scope: COMPILE or RUNTIME.
        platforms: GROUP:ARTIFACT:VERSION of what says versions that the roots leave open.
        is_android: variants for Android are wanted.
    """

    roots: tuple[str, ...]
    scope: str = RUNTIME
    platforms: tuple[str, ...] = ()
    is_android: bool = False

    @property
    def key(self) -> str:
        """The request as a text."""
        return " ".join([self.scope, *self.roots, *(["android", *self.platforms] if self.is_android else [])])


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file.

    Args:
        coordinate: GROUP:ARTIFACT[:TYPE:CLASSIFIER]:VERSION.
        path: of the file in the cache.
        sha256: of its bytes, in hexadecimal.
    """

    coordinate: str
    path: Path
    sha256: str

    @property
    def module(self) -> str:
        """GROUP:ARTIFACT."""
        return ":".join(self.coordinate.split(":")[:2])


class Resolver:
    """Answers requests, from memory where it can.

    Args:
        java: command of the virtual machine.
        coursier: the resolver's own coordinate.
        memory: folder of earlier answers; the files they name are hashed anew each time.
        likely: versions by GROUP:ARTIFACT that class paths for Android probably take, which saves looking at others.
    """

    def __init__(self, java: str, coursier: Library, memory: Path, *, likely: Mapping[str, str] | None = None) -> None:
        self._memory = memory
        self._likely = dict(likely or {})
        self._memory.mkdir(parents=True, exist_ok=True)
        self._hashes: dict[Path, str] = {}
        self.coursier = self._remembered(f"maven {coursier.coordinate}", lambda: _by_maven(coursier))
        self._fetcher = Coursier(java, class_path(self.coursier))
        self._published = Published(self._fetcher, memory / "poms.json")

    def resolve(self, requests: Iterable[Request]) -> dict[Request, list[Artefact]]:
        """The artefacts of each request, by coordinate; raises CheckError where one cannot be had."""
        wanted = list(dict.fromkeys(requests))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            plain = [request for request in wanted if not request.is_android]
            found = dict(zip(plain, pool.map(self._one, plain), strict=True))
        return {request: found[request] if request in found else self._one(request) for request in wanted}

    def _one(self, request: Request) -> list[Artefact]:
        if not request.roots:
            return []
        # What is made of a package is made anew when the making changes.
        made = f" {npm.MAKING}" if any(root.startswith(npm.GROUP) for root in request.roots) else ""
        return self._remembered(request.key + made, lambda: self._found(request))

    def _found(self, request: Request) -> dict[str, str]:
        packages = [root for root in request.roots if root.startswith(npm.GROUP)]
        others = tuple(root for root in request.roots if root not in packages)
        found = self._of_registry(replace(request, roots=others)) if others else {}
        for package in packages:
            name, _, version = package.rpartition(":")
            if request.is_android:
                found[f"{name}:aar:{version}"] = str(npm.fetch_aar(package, self._memory))
            else:
                found[package] = str(npm.fetch_classes(package, self._memory))
        return found

    def _of_registry(self, request: Request) -> dict[str, str]:
        if request.is_android:
            return self._for_android(request)
        options = ["--default-configuration", COMPILE] if request.scope == COMPILE else []
        return self._fetcher.resolve(request.roots, options)

    def _for_android(self, request: Request) -> dict[str, str]:
        """What compiles sees the versions that it will run with, as in Android's plugin of Gradle."""
        roots = [*(_need(root, is_platform=True) for root in request.platforms), *map(_need, request.roots)]
        likely = [f"{module}:{version}" for module, version in self._likely.items() if module.startswith(_ANDROIDX)]
        _ = self._published.of(likely)  # all at once, and not one level of the graph after the other
        chosen = select(roots, self._published, guess=self._likely)
        self._likely |= chosen.versions
        if request.scope == COMPILE:
            chosen = select(roots, self._published, is_compiling=True, at_least=chosen.versions, guess=self._likely)
        return self._published.files(chosen.files)

    def _remembered(self, key: str, find: Any) -> list[Artefact]:
        file = self._memory / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
        files: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        # Paths of files in the memory itself are relative to it, so that it can be copied.
        if not files or not all((self._memory / path).is_file() for path in files.values()):
            files = {coordinate: path.removeprefix(f"{self._memory}/") for coordinate, path in find().items()}
            _ = file.write_text(json.dumps(files, indent=1), encoding="utf-8")
        found = {coordinate: self._memory / path for coordinate, path in sorted(files.items())}
        return [Artefact(coordinate, path, self._hash(path)) for coordinate, path in found.items()]

    def _hash(self, path: Path) -> str:
        if path not in self._hashes:
            with path.open("rb") as file:
                self._hashes[path] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._hashes[path]


def class_path(artefacts: Sequence[Artefact]) -> str:
    """Their files, as a virtual machine takes them."""
    return ":".join(str(artefact.path) for artefact in artefacts)


def _by_maven(library: Library) -> dict[str, str]:
    group, artifact = library.module.split(":")
    with tempfile.TemporaryDirectory() as folder:
        pom, out = Path(folder) / "pom.xml", Path(folder) / "class_path"
        _ = pom.write_text(_POM.format(group=group, artifact=artifact, version=library.version), encoding="utf-8")
        command = ["mvn", "--batch-mode", "--quiet", "--file", str(pom), _MAVEN_GOAL, f"-Dmdep.outputFile={out}"]
        _run(command, f"Maven cannot fetch {library.coordinate}")
        paths = [Path(path) for path in out.read_text(encoding="utf-8").strip().split(":")]
    repository = Path(os.path.commonpath(paths))
    return {_coordinate(path.relative_to(repository)): str(path) for path in paths}


def _coordinate(path: Path) -> str:
    *group, artifact, version, _ = path.parts
    return f"{'.'.join(group)}:{artifact}:{version}"


def _run(command: Sequence[str], problem: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CheckError(
            f"{problem}: {(done.stderr or done.stdout).strip()[-2000:]}", "see that the registry can be reached"
        )


def _need(root: str, *, is_platform: bool = False) -> Need:
    coordinate, *attributes = root.split(",")
    module, _, version = coordinate.rpartition(":")
    excluded = frozenset(each.removeprefix("exclude=").replace("%", ":") for each in attributes)
    return Need(module, version, excluded, is_platform)
