"""The numbers that every language must share: how far a word reaches, how long a value may be, how often is searched."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from upcall.edge_runtime.errors import RedactionError
from upcall.edge_runtime.redaction.rule_files import read_rules


def limits(subject: str) -> Mapping[str, int]:
    """The numbers of one subject, by name, from proto/rules/limits.json.

    Raises:
        RedactionError: the file is missing, damaged, or has no such subject.
    """
    found = _read().get(subject)
    if not isinstance(found, dict):
        raise _unreadable("KeyError")
    return found


@functools.cache
def _read() -> Mapping[str, Mapping[str, int]]:
    try:
        return read_rules("limits.json")
    except (OSError, ImportError, ValueError, TypeError) as error:
        raise _unreadable(type(error).__name__) from error


def _unreadable(reason: str) -> RedactionError:
    return RedactionError(f"The redaction rules cannot be read ({reason}).", next_step="install upcall again")
