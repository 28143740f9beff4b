"""The numbers that every language must share: how far a word reaches, how long a value may be, how often is searched."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from upcall.edge_runtime.redaction.rule_files import read_rules, unreadable

_SUBJECT = "The redaction rules"


def limits(subject: str) -> Mapping[str, int]:
    """The numbers of one subject, by name, from proto/rules/limits.json.

    Raises:
        RedactionError: the file is missing, damaged, or has no such subject.
    """
    found = _read().get(subject)
    if not isinstance(found, dict):
        raise unreadable(_SUBJECT, KeyError(subject))
    return found


@functools.cache
def _read() -> Mapping[str, Mapping[str, int]]:
    try:
        return read_rules("limits.json")
    except (OSError, ImportError, ValueError, TypeError) as error:
        raise unreadable(_SUBJECT, error) from error
