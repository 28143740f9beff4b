"""Which version of each module an Android class path takes: the highest that anything asks for, as Gradle chooses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from android.check.descriptions import Description, File, Need, Side
from android.check.errors import CheckError
from android.check.versions import highest

_MOST_ROUNDS = 40


class Descriptions(Protocol):
    """Knows what published modules say."""

    def of(self, coordinates: Iterable[str]) -> Mapping[str, Description]:
        """What each of these says; those that cannot be had are left out."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A class path.

    Args:
        versions: of every module that takes part, by GROUP:ARTIFACT.
        files: of all of them.
    """

    versions: Mapping[str, str]
    files: tuple[File, ...]


def select(
    roots: Sequence[Need],
    descriptions: Descriptions,
    *,
    is_compiling: bool = False,
    at_least: Mapping[str, str] | None = None,
    guess: Mapping[str, str] | None = None,
) -> Selection:
    """Choose versions until nothing asks for a higher one.

    Args:
        roots: what is needed, platforms among them.
        descriptions: of published modules.
        is_compiling: only what modules offer to a compiler counts.
        at_least: constraints from outside, as of the class path that what is compiled will run with.
        guess: versions of an earlier answer: they save looking at others, and do not change what is chosen.

    Raises CheckError for a module that cannot be had, that has no version, and where no choice is stable.
    """
    best = dict(guess or {})
    for _ in range(_MOST_ROUNDS):
        walk = _Walk(descriptions, best, is_compiling=is_compiling, at_least=at_least or {})
        walk.through(roots)
        chosen = walk.chosen()
        if all(best.get(module) == version for module, version in chosen.items()):
            return Selection(chosen, walk.files(chosen))
        best = chosen
    raise CheckError(f"no stable choice of versions for {', '.join(root.module for root in roots)}")


class _Walk:
    """One walk through the graph, with the versions that the last one chose."""

    def __init__(
        self, descriptions: Descriptions, best: Mapping[str, str], *, is_compiling: bool, at_least: Mapping[str, str]
    ) -> None:
        self._descriptions = descriptions
        self._best = best
        self._is_compiling = is_compiling
        self._asked: dict[str, str] = {}
        self._constraints = dict(at_least)
        self._excluded: dict[str, frozenset[str]] = {}
        self._sides: dict[str, Side] = {}

    def through(self, roots: Sequence[Need]) -> None:
        level = list(roots)
        while level:
            self._take_platforms(level)
            level = self._next([need for need in level if not need.is_platform])

    def chosen(self) -> dict[str, str]:
        found = {}
        for module, version in self._asked.items():
            found[module] = highest(version, self._constraints.get(module, ""))
            if not found[module]:
                raise CheckError(f"nothing says which version of {module} is meant", "name its platform or a version")
        return found

    def files(self, chosen: Mapping[str, str]) -> tuple[File, ...]:
        if missing := sorted(f"{module}:{version}" for module, version in chosen.items() if module not in self._sides):
            raise CheckError(f"cannot be had: {', '.join(missing)}", "see that the registry can be reached and has it")
        return tuple(dict.fromkeys(file for side in self._sides.values() for file in side.files))

    def _take_platforms(self, level: Sequence[Need]) -> None:
        """Take the constraints of platforms, and of those that they name."""
        platforms = [need.coordinate for need in level if need.is_platform and need.version]
        found = [need for each in self._descriptions.of(platforms).values() for need in self._platform(each.platform)]
        if found:
            self._take_platforms(found)

    def _platform(self, side: Side) -> list[Need]:
        self._constrain(side.constraints)
        return [need for need in side.needs if need.is_platform]

    def _constrain(self, constraints: Iterable[tuple[str, str]]) -> None:
        for module, version in constraints:
            self._constraints[module] = highest(version, self._constraints.get(module, ""))

    def _next(self, level: Sequence[Need]) -> list[Need]:
        visited: dict[str, None] = {}
        for need in level:
            before = self._excluded.get(need.module)
            self._asked[need.module] = highest(need.version, self._asked.get(need.module, ""))
            self._excluded[need.module] = need.excluded if before is None else before & need.excluded
            if before != self._excluded[need.module]:
                visited[need.module] = None
        versions = {module: self._version(module) for module in visited}
        told = self._descriptions.of(f"{module}:{version}" for module, version in versions.items() if version)
        found = []
        for module, version in versions.items():
            if not (description := told.get(f"{module}:{version}")):
                continue
            side = description.compile if self._is_compiling else description.runtime
            self._sides[module] = side
            self._constrain(side.constraints)
            excluded = self._excluded[module]
            found += [
                Need(each.module, each.version, each.excluded | excluded, each.is_platform)
                for each in side.needs
                if not _matches(each.module, excluded)
            ]
        return found

    def _version(self, module: str) -> str:
        return self._best.get(module) or highest(self._asked[module], self._constraints.get(module, ""))


def _matches(module: str, excluded: frozenset[str]) -> bool:
    group, artifact = module.split(":")
    return bool({module, f"{group}:*", f"*:{artifact}", "*:*"} & excluded)
