"""The child's side of a measurement: one model in one process, so that its memory, threads and load time are its own.

Only the standard library is imported here, because peers run it in interpreters of their own. The parent's side is
``benchmarks/subjects.py``. Lines of JSON go both ways: first the settings in and ``load_s`` out, then a request in and its
figures out, until the input ends. A failure comes out as ``error``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol


class Model(Protocol):
    """What is measured."""

    def measure(self, case: str, *args: Any, **given: Any) -> dict[str, Any]:
        """What one run gives, such as ``tokens_per_s``; what is given beside the case is the rest of the request."""


def memory() -> dict[str, float]:
    """Resident memory of this process in bytes, as Linux counts it: now and at its peak. Mapped files count where touched."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kibibytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return {"rss_bytes": kibibytes["VmRSS"] * 1024.0, "peak_rss_bytes": kibibytes["VmHWM"] * 1024.0}


def serve(open_model: Callable[[dict[str, Any]], Model]) -> None:
    """Answer the parent until it closes the pipe.

    Args:
        open_model: imports what it needs and loads the model that the settings name. Imports count as loading, because the user
            waits for them too.
    """
    # Native libraries print to standard output: they get standard error, and the pipe stays ours.
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def put(answer: dict[str, Any]) -> None:
        pipe.write(json.dumps(answer) + "\n")

    try:
        settings = json.loads(sys.stdin.readline())
        start = time.perf_counter()
        model = open_model(settings)
        put({"load_s": time.perf_counter() - start})
        for line in sys.stdin:
            request = json.loads(line)
            if request["case"] == "memory":
                put(memory())
            else:
                put(model.measure(**request))
    except Exception as error:  # whatever a peer raises, the parent says it
        put({"error": f"{type(error).__name__}: {error}"})
    finally:
        pipe.flush()
        os._exit(0)  # native threads are not waited for
