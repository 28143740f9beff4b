"""Who looks for private text in ``benchmarks.redaction``: Upcall here, Presidio in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from benchmarks.pii_data import TYPES
from benchmarks.pii_scores import Found
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction import Detector
from upcall.edge_runtime.redaction.detector import NameFinder

_PEER = Path(__file__).with_name("presidio_peer.py")
_OWN_NAMES = {"US_ITIN": "US_ITIN", "MEDICAL_LICENSE": "MEDICAL_ID", "CRYPTO": "CRYPTO", "US_PASSPORT": "PASSPORT"}


class Subject(Protocol):
    """Finds private text."""

    name: str

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        """Spans of each text, with Upcall's names of types where there is one."""

    def timed(self, texts: Sequence[str]) -> float:
        """Processor seconds, all threads together, to look through the texts one by one."""

    def close(self) -> None:
        """End what was started."""


class Upcall:
    """The detector with its default rules.

    Args:
        name: of the subject.
        names: the name finder, if any.
    """

    def __init__(self, name: str, names: NameFinder | None) -> None:
        self.name = name
        self.detector = Detector(names=names)
        self.detector.find("Warm up: a@example.com")

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        """See ``Subject``."""
        return [[(span.start, span.end, str(span.entity_type)) for span in self.detector.find(text)] for text in texts]

    def timed(self, texts: Sequence[str]) -> float:
        """See ``Subject``."""
        start = time.process_time()
        for text in texts:
            self.detector.find(text)
        return time.process_time() - start

    def close(self) -> None:
        """Nothing was started."""


class Presidio:
    """Presidio's analyzer.

    Args:
        name: of the subject.
        python: an interpreter that has it.
        model: a spaCy model of that interpreter; empty for patterns only.

    Raises:
        InputError: there is no such interpreter.
    """

    def __init__(self, name: str, python: Path, model: str) -> None:
        self.name = name
        try:
            self._child = subprocess.Popen(
                [python, _PEER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env={**os.environ, "PYTHONPATH": "", "OMP_NUM_THREADS": "1"},
            )
        except OSError as error:
            raise InputError(f"{python} cannot be run: {error.strerror}.", next_step="see the end of --help") from None
        self._send({"model": model})

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        """See ``Subject``."""
        return [[(one[0], one[1], _own_name(one[2])) for one in listed] for listed in self._ask(texts)["found"]]

    def timed(self, texts: Sequence[str]) -> float:
        """See ``Subject``."""
        return float(self._ask(texts)["cpu_s"])

    def close(self) -> None:
        """End the process."""
        self._child.kill()
        self._child.communicate()

    def _send(self, line: Any) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(line) + "\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            raise InputError(f"{self.name} does not start.", next_step="see the end of --help") from None

    def _ask(self, texts: Sequence[str]) -> dict[str, Any]:
        self._send(list(texts))
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise InputError(f"{self.name} ended early.", next_step="see the end of --help")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _own_name(label: str) -> str:
    return str(TYPES.get(label) or _OWN_NAMES.get(label, label))
