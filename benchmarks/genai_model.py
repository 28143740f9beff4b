"""onnxruntime-genai, measured in a child process. It runs in an interpreter of its own, where Upcall is not installed."""

from __future__ import annotations

import importlib
import json
import os
import time
from typing import Any

from benchmarks.worker import serve


class GenaiModel:
    """A folder of onnxruntime-genai's model builder.

    Args:
        settings: ``model`` (the folder) and ``threads``.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        self._genai: Any = importlib.import_module("onnxruntime_genai")
        config = self._genai.Config(settings["model"])
        options = {"intra_op_num_threads": settings["threads"]}
        config.overlay(json.dumps({"model": {"decoder": {"session_options": options}}}))
        self._model = self._genai.Model(config)

    def measure(self, case: str, tokens: list[int], new_tokens: int) -> dict[str, float]:
        """Its own generator, greedy. The lengths are exact, so its shared key-value buffer is no longer than it must be."""
        length = len(tokens) + 1 + new_tokens
        parameters = self._genai.GeneratorParams(self._model)
        parameters.set_search_options(max_length=length, min_length=length, do_sample=False)
        generator = self._genai.Generator(self._model, parameters)
        start = time.perf_counter()
        generator.append_tokens(tokens)
        if case == "prefill":
            return {"tokens_per_s": len(tokens) / (time.perf_counter() - start)}
        generator.generate_next_token()  # from the prompt's logits, without a pass
        start = time.perf_counter()
        for _ in range(new_tokens):
            generator.generate_next_token()
        return {"tokens_per_s": new_tokens / (time.perf_counter() - start)}


if __name__ == "__main__":
    serve(GenaiModel)
