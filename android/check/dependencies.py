"""One line of a ``dependencies`` block."""

from __future__ import annotations

import re
from dataclasses import dataclass

from android.check.catalogue import Catalogue, Library
from android.check.script import Statement

_MAIN_CONFIGURATIONS = {"api", "implementation", "compileOnly", "runtimeOnly"}
_TEST_CONFIGURATIONS = {"testImplementation", "testCompileOnly", "testRuntimeOnly"}
CONFIGURATIONS = {*_MAIN_CONFIGURATIONS, *_TEST_CONFIGURATIONS, "testFixturesApi", "testFixturesImplementation"}
"""Of every module."""
APPLICATION_CONFIGURATIONS = {"implementation", "testImplementation", "debugImplementation", "ksp"}
"""Of an application for Android."""
_LIBRARY = r"libs\.([\w.]+)"
_MODULE = r'project\(":([\w-]+)"\)'


@dataclass(frozen=True, slots=True)
class Dependency:
    """One line of a ``dependencies`` block: either a library or a module.

    Args:
        configuration: one of CONFIGURATIONS or APPLICATION_CONFIGURATIONS.
        library: of the catalogue.
        excluded: GROUP:ARTIFACT of what it must not bring along.
        module: name of a module of this project.
        fixtures: the module's test fixtures are meant.
        is_platform: the library only says versions of others.
    """

    configuration: str
    library: Library | None = None
    excluded: tuple[str, ...] = ()
    module: str = ""
    fixtures: bool = False
    is_platform: bool = False


def read_dependency(line: Statement, catalogue: Catalogue, *, is_application: bool) -> Dependency:
    """Read a line; raises NotUnderstoodError, and CheckError for a library that the catalogue lacks."""
    match = line.match(r"(\w+)\((.+)\)")
    if not match or match[1] not in (APPLICATION_CONFIGURATIONS if is_application else CONFIGURATIONS):
        raise line.refusal()
    configuration, what = match[1], match[2]
    if library := re.fullmatch(_LIBRARY, what):
        found = catalogue.compiled_against(library[1], is_managed=is_application)
        return Dependency(configuration, library=found, excluded=_excluded(line))
    if module := re.fullmatch(_MODULE, what):
        if line.body is not None and not is_application:
            raise line.refusal()
        return Dependency(configuration, module=module[1], excluded=_excluded(line))
    if line.body is None and (module := re.fullmatch(rf"testFixtures\({_MODULE}\)", what)):
        return Dependency(configuration, module=module[1], fixtures=True)
    if line.body is None and is_application and (library := re.fullmatch(rf"platform\({_LIBRARY}\)", what)):
        return Dependency(configuration, library=catalogue.library(library[1]), is_platform=True)
    raise line.refusal()


def _excluded(line: Statement) -> tuple[str, ...]:
    excluded = []
    for exclusion in line.body or ():
        if not (names := exclusion.match(r'exclude\(group = "([\w.-]+)", module = "([\w.-]+)"\)')):
            raise exclusion.refusal()
        excluded.append(f"{names[1]}:{names[2]}")
    return tuple(excluded)
