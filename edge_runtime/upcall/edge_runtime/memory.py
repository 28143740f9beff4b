"""How much memory is free on this machine: one answer for the device, the exporter and the cloud service."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil


def available_memory_bytes() -> int | None:
    """What programs can still get, by the machine and by the limit of a container; None where neither says.

    Page cache counts as free.
    """
    bounds = []
    with suppress(OSError, RuntimeError, psutil.Error):
        bounds.append(int(psutil.virtual_memory().available))
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # "max" is no number, and no limit
            bounds.append(int(Path(f"/sys/fs/cgroup/{name}").read_text(encoding="ascii")))
    return min(bounds, default=None)
