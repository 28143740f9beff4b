"""What a published module says of itself, whether Gradle's metadata or a POM says it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Need:
    """One module that another needs.

    Args:
        module: GROUP:ARTIFACT.
        version: at least this one; empty where a platform says it.
        excluded: GROUP:ARTIFACT of what it must not bring along, with ``*`` for any.
        is_platform: only its constraints are meant.
    """

    module: str
    version: str
    excluded: frozenset[str] = frozenset()
    is_platform: bool = False

    @property
    def coordinate(self) -> str:
        """GROUP:ARTIFACT:VERSION."""
        return f"{self.module}:{self.version}"


@dataclass(frozen=True, slots=True)
class File:
    """A published file.

    Args:
        module: GROUP:ARTIFACT.
        version: of the folder that it lies in.
        extension: ``jar`` or ``aar``.
        classifier: or empty.
    """

    module: str
    version: str
    extension: str
    classifier: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """What a module gives to those that compile against it, that run with it, or that take it as a platform.

    Args:
        needs: further modules.
        constraints: least versions of modules, if something else needs them: GROUP:ARTIFACT and version.
        files: of the module itself.
    """

    needs: tuple[Need, ...] = ()
    constraints: tuple[tuple[str, str], ...] = ()
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """All that is known of one version of a module.

    Args:
        compile: its side of the compiler.
        runtime: its side of the virtual machine.
        platform: its side as a platform.
    """

    compile: Side = field(default_factory=Side)
    runtime: Side = field(default_factory=Side)
    platform: Side = field(default_factory=Side)
