"""The parent's side of a measurement: child processes that hold one model each, and llama-bench."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from benchmarks.machine import TreeMemory

ROOT = Path(__file__).parents[1]
_PATIENCE_S = 180.0


class MeasuringError(Exception):
    """A subject did not start or broke off; says which and why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to measure.

    Args:
        name: ``prefill``, ``decode``, ``check`` or ``session``.
        tokens: the prompt's ids; of a session, which renders its own prompt, none.
        new_tokens: to decode; of a prefill none.
    """

    name: str
    tokens: Sequence[int] = ()
    new_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Who is measured.

    Args:
        name: as the results show it.
        settings: what it ran with.
        is_upcall: or a peer.
        bytes_per_token: size of the model file, which every token reads about once; None where memory holds it in another form.
        stored_bytes: of all its files.
    """

    name: str
    settings: str
    is_upcall: bool
    bytes_per_token: int | None
    stored_bytes: int


class Subject(Protocol):
    """One engine with one model."""

    label: Label
    cases: frozenset[str]
    load_s: float | None

    def measure(self, case: Case) -> dict[str, float]:
        """Figures of one run, at least ``tokens_per_s``.

        Raises:
            MeasuringError: it failed.
        """

    def memory(self) -> dict[str, float]:
        """``rss_bytes`` where known, and ``peak_rss_bytes``."""

    def close(self) -> None:
        """End it."""


@dataclass
class ChildModel:
    """A model in a process of its own.

    Args:
        label: who it is.
        command: starts it in the root of the repository; it speaks as ``benchmarks.worker.serve`` does.
        settings: the first line of its input.
        cases: what it can do.
        patience_s: how long an answer may take, the first one included, for which it loads.

    Raises:
        MeasuringError: it cannot load.
    """

    label: Label
    command: Sequence[str]
    settings: dict[str, Any]
    cases: frozenset[str] = frozenset({"prefill", "decode"})
    patience_s: float = _PATIENCE_S
    load_s: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the child
        self._child = subprocess.Popen(
            self.command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
            encoding="utf-8",
        )
        self.load_s = self.ask(self.settings)["load_s"]

    def measure(self, case: Case) -> dict[str, float]:
        """See ``Subject``."""
        return self.ask({"case": case.name, "tokens": list(case.tokens), "new_tokens": case.new_tokens})

    def memory(self) -> dict[str, float]:
        """See ``Subject``."""
        return self.ask({"case": "memory"})

    def close(self) -> None:
        """See ``Subject``."""
        assert self._child.stdin is not None and self._child.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.close()
        try:
            self._child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child.stdout.close()
        self._complaints.close()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """What it answers to one line.

        Raises:
            MeasuringError: it failed, and has ended.
        """
        assert self._child.stdin is not None and self._child.stdout is not None
        watchdog = threading.Timer(self.patience_s, self._child.kill)
        watchdog.start()
        try:
            self._child.stdin.write(json.dumps(request) + "\n")
            self._child.stdin.flush()
            line = self._child.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watchdog.cancel()
        answer: dict[str, Any] = json.loads(line) if line else {"error": self._last_words()}
        if "error" in answer:
            self._child.kill()
            self.close()
            raise MeasuringError(f"{self.label.name}: {answer['error']}")
        return answer

    def _last_words(self) -> str:
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        return f"ended, or gave nothing in {self.patience_s:g} s" + (f"; its last line: {lines[-1]}" if lines else "")


@dataclass
class LlamaBench:
    """llama.cpp's own benchmark program, a process for every run. It samples nothing, which is to its advantage.

    Args:
        label: who it is.
        program: ``llama-bench``.
        model: a GGUF file.
        threads: for both phases.
    """

    label: Label
    program: Path
    model: Path
    threads: int
    cases: frozenset[str] = frozenset({"prefill", "decode"})
    load_s: float | None = field(init=False, default=None)

    def measure(self, case: Case) -> dict[str, float]:
        """See ``Subject``. Only the lengths of the prompt count: the program makes its own tokens."""
        with self._start(case) as child:
            return {"tokens_per_s": self._speed(child)}

    def memory(self) -> dict[str, float]:
        """The peak of one more run: looking at a process often enough would slow one that counts."""
        with self._start(Case("prefill", [0] * 512)) as child:
            watched = TreeMemory(child.pid)
            try:
                self._speed(child)
            finally:
                peak = watched.stop()
        return {"peak_rss_bytes": float(peak)}

    def _start(self, case: Case) -> subprocess.Popen[str]:
        count = len(case.tokens)
        what = ["-p", f"{count}", "-n", "0"] if case.name == "prefill" else ["-p", "0", "-n", f"{case.new_tokens}"]
        depth = ["-d", f"{count if case.name == 'decode' else 0}"]
        command = [str(self.program), "-m", str(self.model), "-t", f"{self.threads}", "-r", "1", "-o", "json"]
        return subprocess.Popen(
            [*command, *what, *depth], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
        )

    def _speed(self, child: subprocess.Popen[str]) -> float:
        try:
            text, _ = child.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            raise MeasuringError(f"{self.label.name}: {self.program.name} took over {_PATIENCE_S:g} s") from None
        if child.returncode:
            raise MeasuringError(f"{self.label.name}: {self.program.name} ended with {child.returncode}")
        return float(json.loads(text)[0]["avg_ts"])

    def close(self) -> None:
        """Nothing is left running."""


def stored_bytes(path: Path) -> int:
    """Size of a file, or of all files of a folder."""
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
