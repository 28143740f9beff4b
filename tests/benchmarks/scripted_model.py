"""A child that measures nothing: what ``benchmarks.subjects`` talks to in tests."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.worker import serve


class ScriptedModel:
    def __init__(self, settings: dict[str, Any]) -> None:
        self._speed = float(settings["speed"])
        print("noise of a native library")

    def measure(self, case: str, tokens: Sequence[int] = (), new_tokens: int = 0, text: str = "") -> dict[str, Any]:
        if case == "die":
            os._exit(1)
        if case == "sleep":
            time.sleep(30)
        if case == "say":
            return {"said": text}
        return {"tokens_per_s": self._speed, "asked": float(len(tokens) + new_tokens)}


if __name__ == "__main__":
    serve(ScriptedModel)
