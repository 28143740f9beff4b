"""Where Upcall keeps its files: nothing is written anywhere else."""

from __future__ import annotations

import os
from pathlib import Path


def upcall_home() -> Path:
    """The folder ``UPCALL_HOME``, by default ``~/.cache/upcall``. It need not exist yet."""
    given = os.environ.get("UPCALL_HOME")
    return Path(given).expanduser() if given else Path.home() / ".cache" / "upcall"
