"""What the measurements ran on, without a name that says whose it is; Linux only."""

from __future__ import annotations

import os
import platform
import re
import threading
import time
from pathlib import Path

import numpy as np

from upcall.edge_runtime.processors import physical_cores

_COPY_BYTES = 256 << 20
_COPY_REPETITIONS = 8
_SIMD = ("amx_int8", "avx512_vnni", "avx_vnni", "avx512f", "avx2", "asimddp", "i8mm", "neon")


def describe() -> str:
    """Cores, processor, its matrix instructions, memory, system and Python, in one line."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    name = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*: (.+)$", text, re.MULTILINE)
    offered = set(flags[1].split()) if flags else set()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return (
        f"{physical_cores()} cores of {name[1] if name else platform.machine()} "
        f"({', '.join(flag for flag in _SIMD if flag in offered)}), {memory:.0f} GiB of memory, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


def copy_bandwidth(threads: int) -> float:
    """Bytes a second that memory moves, read and written ones together: the best of some copies far larger than any cache.

    Args:
        threads: each copies an array of its own.
    """
    arrays = [(np.ones(_COPY_BYTES, np.uint8), np.empty(_COPY_BYTES, np.uint8)) for _ in range(threads)]

    def copy(source: np.ndarray, target: np.ndarray) -> None:  # numpy lets other threads run meanwhile
        np.copyto(target, source)

    best = float("inf")
    for _ in range(_COPY_REPETITIONS):
        workers = [threading.Thread(target=copy, args=pair) for pair in arrays]
        start = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        best = min(best, time.perf_counter() - start)
    return 2 * threads * _COPY_BYTES / best


class OtherPrograms:
    """How much processor time went to programs that were not measured; the measured ones are this process and its children.

    A child counts once it has ended, so ask after the last one was closed.
    """

    def __init__(self) -> None:
        self._busy, self._own, self._start = _busy_s(), _own_s(), time.monotonic()

    def share(self) -> float:
        """The share of all cores' time since the start, in percent; steal by the hypervisor is included."""
        elapsed = (time.monotonic() - self._start) * (os.cpu_count() or 1)
        others = (_busy_s() - self._busy) - (_own_s() - self._own)
        return max(0.0, 100 * others / elapsed)


class TreeMemory:
    """Watches the resident memory of a process and all its children, a tenth of a second apart.

    Args:
        process_id: of the root.
    """

    def __init__(self, process_id: int) -> None:
        self.peak_bytes = 0
        self._root = process_id
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """The peak in bytes; pages that processes share count for each."""
        self._has_ended.set()
        self._thread.join()
        return self.peak_bytes

    def _watch(self) -> None:
        while not self._has_ended.wait(0.1):
            self.peak_bytes = max(self.peak_bytes, _tree_bytes(self._root))


def _tree_bytes(root: int) -> int:
    parents: dict[int, int] = {}
    resident: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                after_name = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:  # ended meanwhile
                continue
            parents[int(folder.name)] = int(after_name[1])
            resident[int(folder.name)] = int(after_name[21]) * os.sysconf("SC_PAGE_SIZE")
    tree = {root}
    while added := {child for child, parent in parents.items() if parent in tree} - tree:
        tree |= added
    return sum(resident.get(process, 0) for process in tree)


def _busy_s() -> float:
    """Seconds that all cores have worked: user, nice, system, interrupts and steal."""
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]]
    user, nice, system, _, _, irq, softirq, steal = fields[:8]
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
