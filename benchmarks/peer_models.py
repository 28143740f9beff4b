"""Peers in this interpreter, measured in a child process: llama.cpp through xllamacpp, and transformers."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.worker import Model, serve
from upcall.edge_runtime.errors import require
from upcall.export.checks.reference import Reference
from upcall.export.sources.gguf_file import read_gguf


class XllamacppModel:
    """llama.cpp from a wheel.

    Args:
        settings: ``model`` (a GGUF file), ``threads`` and ``context`` (most tokens).
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        xllamacpp = require("xllamacpp", extra="cloud")
        parameters = xllamacpp.CommonParams()
        parameters.model.path = settings["model"]
        parameters.n_parallel = 1
        parameters.n_ctx = settings["context"]
        parameters.n_batch = parameters.n_ubatch = 512
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings["threads"]
        parameters.cache_ram_mib = 0
        parameters.cache_idle_slots = False
        parameters.offline = True
        parameters.ui = False
        parameters.verbosity = 0
        self._folder = tempfile.TemporaryDirectory(prefix="upcall-")
        parameters.hostnames = [f"{self._folder.name}/llama.sock"]  # it always listens; nobody shall reach it
        self._server = xllamacpp.Server(parameters)

    def measure(self, case: str, tokens: list[int], new_tokens: int) -> dict[str, float]:
        """llama.cpp's own timings of a greedy completion that nothing is reused for."""
        answer = self._server.handle_completions(
            {
                "prompt": tokens,
                "n_predict": 1 if case == "prefill" else new_tokens,
                "cache_prompt": False,
                "ignore_eos": True,
                "temperature": 0,
                "samplers": ["top_k"],
                "top_k": 1,
            }
        )
        timings = answer["timings"]
        if timings["prompt_n"] != len(tokens):
            raise RuntimeError(f"llama.cpp read {timings['prompt_n']} tokens of {len(tokens)}")
        return {"tokens_per_s": timings["prompt_per_second" if case == "prefill" else "predicted_per_second"]}


class TransformersModel(Reference):
    """transformers in float32, without compilation: the exporter's reference, with a key-value cache and the faster attention.

    Args:
        settings: ``model`` (a GGUF file, dequantised at load) and ``threads``.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="upcall-")
        super().__init__(read_gguf(Path(settings["model"])), cache=Path(self._folder.name))
        self._torch.set_num_threads(settings["threads"])
        self._model.set_attn_implementation("sdpa")

    def measure(self, case: str, tokens: list[int], new_tokens: int) -> dict[str, float]:
        """A greedy loop over its own key-value cache."""
        with self._torch.inference_mode():
            start = time.perf_counter()
            output = self._pass(self._torch.tensor([tokens]), None)
            if case == "prefill":
                return {"tokens_per_s": len(tokens) / (time.perf_counter() - start)}
            start = time.perf_counter()
            for _ in range(new_tokens):
                output = self._pass(output.logits[:, -1].argmax(-1, keepdim=True), output.past_key_values)
            return {"tokens_per_s": new_tokens / (time.perf_counter() - start)}

    def _pass(self, ids: Any, past: Any) -> Any:
        return self._model(ids, past_key_values=past, use_cache=True, logits_to_keep=1)


def open_model(settings: dict[str, Any]) -> Model:
    """The model of the ``kind`` that the settings name."""
    kinds: dict[str, type[XllamacppModel] | type[TransformersModel]] = {
        "xllamacpp": XllamacppModel,
        "transformers": TransformersModel,
    }
    return kinds[settings["kind"]](settings)


if __name__ == "__main__":
    serve(open_model)
