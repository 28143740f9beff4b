"""Python's runtime, measured in a child process: the cases of android/bench, so that both can be measured in turns."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.worker import serve
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.decision.decide import Circumstances, Strategy, decide
from upcall.edge_runtime.decision.device_state import DeviceState, Network
from upcall.edge_runtime.engines.opening import open_engine
from upcall.edge_runtime.engines.rampart import RampartClassifier
from upcall.edge_runtime.errors import require
from upcall.edge_runtime.language_model.chat_template import Piece
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.edge_runtime.redaction import Detector
from upcall.edge_runtime.redaction.names.finder import Names

_DECISIONS = 10_000


class RuntimeModel:
    """One bundle, the detector with and without names, and the decision.

    Args:
        settings: ``bundle`` and ``names`` (folders), ``threads`` of the engine and ``texts`` to read.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        bundle = open_bundle(Path(settings["bundle"]))
        self._engine = open_engine(bundle, threads=settings["threads"])
        self._tokenizer = Tokenizer(bundle.tokenizer)
        self._rules = Detector()
        self._names = Detector(names=Names(read_classifier(Path(settings["names"]))))
        self._texts: list[str] = settings["texts"]

    def measure(self, case: str, tokens: Sequence[int] = (), new_tokens: int = 0) -> dict[str, Any]:
        """The figure of one run of a case; ``version`` gives the engine's instead."""
        if case == "prefill":
            self._engine.truncate(0)
            return {"tokens_per_s": len(tokens) / _seconds(lambda: self._engine.forward(tokens))}
        if case == "decode":
            return {"tokens_per_s": self._decode(tokens, new_tokens)}
        if case == "tokenize":
            return self._per_second(lambda text: self._tokenizer.encode([Piece(text, is_template=False)]))
        if case == "rules":
            return self._per_second(self._rules.find)
        if case == "names":
            return {"ms": 1e3 * statistics.median(_seconds(partial(self._names.find, text)) for text in self._texts)}
        if case == "decide":
            return {"us": 1e6 * _seconds(_decisions) / _DECISIONS}
        if case == "version":
            return version()
        raise ValueError(f"no case {case}")

    def _decode(self, tokens: Sequence[int], count: int) -> float:
        self._engine.truncate(0)
        step = self._engine.forward(tokens)
        start = time.perf_counter()
        for _ in range(count):
            step = self._engine.forward([int(step.logits.argmax())])
        return count / (time.perf_counter() - start)

    def _per_second(self, work: Callable[[str], object]) -> dict[str, Any]:
        def all_texts() -> None:
            for text in self._texts:
                work(text)

        return {"characters_per_s": sum(map(len, self._texts)) / _seconds(all_texts)}


def read_classifier(folder: Path) -> RampartClassifier:
    """The name model of a folder that ``upcall pull rampart`` filled."""
    model, tokenizer, config = (
        (folder / name).read_bytes() for name in ("model_q4.onnx", "tokenizer.json", "config.json")
    )
    return RampartClassifier(model=model, tokenizer=tokenizer, config=config)


def version() -> dict[str, Any]:
    """That of ONNX Runtime."""
    return {"onnxruntime": require("onnxruntime", extra="onnx").__version__}


def _decisions() -> None:
    given = Circumstances(
        Strategy.CASCADE,
        has_cloud=True,
        threshold=-0.8,
        quality_level=0.7,
        device=DeviceState(battery_percent=15.0, network=Network.METERED),
    )
    for number in range(_DECISIONS):
        decide(dataclasses.replace(given, score=-number / _DECISIONS))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    serve(RuntimeModel)
