"""The real cloud service in its own process, as an operator starts it."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

UPCALL = [sys.executable, "-m", "upcall.edge_runtime.cli"]
CLOUD_MODEL = "qwen2.5-coder-0.5b-instruct"
START_TIMEOUT_S = 120


@dataclass
class Service:
    """A running ``upcall cloud``."""

    process: subprocess.Popen[str]
    port: int
    log: Path
    api_key: str

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    def kill(self) -> None:
        """As an out-of-memory killer would: the whole group at once, no farewell."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def cpu_seconds(self) -> float:
        """Processor time of the service and the processes that it started, so far."""
        stats = _process_stats()
        family = {self.process.pid}
        while grown := {pid for pid, (parent, _) in stats.items() if parent in family} - family:
            family |= grown
        return sum(stats[pid][1] for pid in family if pid in stats) / os.sysconf("SC_CLK_TCK")


def _process_stats() -> dict[int, tuple[int, int]]:
    """Of every process its parent and its processor time in ticks."""
    stats = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        stats[int(stat.parent.name)] = (int(fields[1]), int(fields[11]) + int(fields[12]))
    return stats


@contextmanager
def start(folder: Path, arguments: Sequence[str]) -> Iterator[Service]:
    keys, log = folder / "cloud_keys", folder / "service.log"
    api_key = subprocess.run(
        [*UPCALL, "cloud", "key", "test", "--keys", str(keys)], capture_output=True, text=True, check=True
    ).stdout.strip()
    with log.open("w") as output:
        process = subprocess.Popen(
            [*UPCALL, "cloud", "--port", "0", "--keys", str(keys), *arguments],
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            start_new_session=True,
        )
    try:
        yield Service(process, _port_of(process, log), log, api_key)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.stdout is not None:
            with log.open("a") as output:
                output.write(process.stdout.read())
            process.stdout.close()


def _port_of(process: subprocess.Popen[str], log: Path) -> int:
    assert process.stdout is not None
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        if select.select([process.stdout], [], [], 1.0)[0]:
            line = process.stdout.readline()
            if ready := re.search(r"ready on \S+:(\d+)", line):
                return int(ready[1])
    raise AssertionError(f"the service did not start: {log.read_text()}")
