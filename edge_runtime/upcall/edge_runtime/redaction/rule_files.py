"""Reads the files of proto/rules, which every language shares."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from upcall.edge_runtime.errors import RedactionError

RULES_PACKAGE = "upcall.protocol.rules"


def read_rules(name: str) -> dict[str, Any]:
    """One file of proto/rules, parsed.

    Raises:
        FileNotFoundError: it is not there.
        ValueError, TypeError: it is no JSON object.
    """
    # Not importlib.resources: before Python 3.13 it refuses a namespace package of an editable install, whose path also holds
    # an entry that is no folder.
    spec = importlib.util.find_spec(RULES_PACKAGE)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        raise FileNotFoundError(name)
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise TypeError(f"{name} is not an object")
    return data


def unreadable(subject: str, error: Exception) -> RedactionError:
    """The error for rules that are missing or damaged, so that nothing leaves.

    Args:
        subject: what cannot be read, at the beginning of a sentence.
        error: why; only its type is told.
    """
    return RedactionError(f"{subject} cannot be read ({type(error).__name__}).", next_step="install upcall again")
