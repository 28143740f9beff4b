"""A child that measures nothing: what ``benchmarks.subjects`` talks to in tests."""

from __future__ import annotations

import os
from typing import Any

from benchmarks.worker import serve


class ScriptedModel:
    def __init__(self, settings: dict[str, Any]) -> None:
        self._speed = float(settings["speed"])
        print("noise of a native library")

    def measure(self, case: str, tokens: list[int], new_tokens: int) -> dict[str, float]:
        if case == "die":
            os._exit(1)
        return {"tokens_per_s": self._speed, "asked": float(len(tokens) + new_tokens)}


if __name__ == "__main__":
    serve(ScriptedModel)
