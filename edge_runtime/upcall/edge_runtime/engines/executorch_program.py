"""ExecuTorch on the CPU, with XNNPACK; needs the extra ``executorch``."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import EngineError, require
from upcall.edge_runtime.language_model.engine import RouterStage, Step, check_features, check_position, check_tokens
from upcall.edge_runtime.processors import physical_cores

# Operators that the runtime does not bring itself: attention with a cache, and embeddings in 4 bits.
_LIBRARIES = (
    "extension/llm/custom_ops/libcustom_ops_aot_lib.*",
    "kernels/quantized/libquantized_ops_aot_lib.*",
)
_OUTPUTS = 3


class ExecuTorchEngine:
    """Runs the method ``forward`` of a program that keeps its key-value cache inside.

    Program (export writes it): tokens [1, T] int64 and position [1] int64 → logits [1, min(T, 8), V], hidden_last and
    hidden_mid [1, D], float32. The tokens take the places from ``position`` on, so cutting the cache back costs nothing. The
    router heads are its methods ``route_pre`` and ``route_post``, features [1, F] → [1].

    Args:
        model: the ``.pte`` file.
        context_length: most tokens, from the manifest.
        vocabulary_size: token ids run below it.
        threads: by default the physical cores. ExecuTorch has one pool of threads in a process: the last engine made sets it.

    Raises:
        MissingExtraError: executorch or torch is not installed.
        EngineError: the program cannot be loaded or is none of Upcall's.
    """

    def __init__(self, model: Path, *, context_length: int, vocabulary_size: int, threads: int | None = None) -> None:
        self._torch = require("torch", extra="executorch")
        runtime = load_runtime()
        next_step = "verify the bundle's files, free some memory or export again"
        if not model.is_file():  # the runtime would abort the process
            raise EngineError(f"There is no file {model.name}.", next_step=next_step)
        try:
            with quiet():
                runtime._unsafe_reset_threadpool(threads or physical_cores())  # unsafe while a forward runs
                self._program: Any = runtime._load_for_executorch(str(model))
                described = self._program.method_meta("forward")
                methods = set(self._program.method_names())
        except Exception as error:  # RuntimeError of the bindings, with a number of the C++ code
            raise EngineError(f"ExecuTorch cannot load {model.name}.", next_step=next_step) from error
        if (described.num_inputs(), described.num_outputs()) != (2, _OUTPUTS):
            raise EngineError(
                f"{model.name} is not a program that this version of Upcall runs.",
                allowed="one that it made itself",
                next_step="make the bundle again with `upcall export`",
            )
        self._feature_counts = {
            stage: self._program.method_meta(stage.method).input_tensor_meta(0).sizes()[1]
            for stage in RouterStage
            if stage.method in methods
        }
        self._context_length = context_length
        self._vocabulary_size = vocabulary_size
        self._position = 0

    @property
    def context_length(self) -> int:
        """Most tokens that the cache can hold."""
        return self._context_length

    @property
    def position(self) -> int:
        """Tokens in the cache."""
        return self._position

    def forward(self, tokens: Sequence[int]) -> Step:
        """Append T ≥ 1 tokens to the cache. See ``Engine``."""
        self._check(tokens)
        ids = self._torch.tensor([list(tokens)], dtype=self._torch.int64)
        position = self._torch.tensor([self._position], dtype=self._torch.int64)
        try:
            outputs = self._program.forward((ids, position), clone_outputs=False)
        except Exception as error:  # RuntimeError of the bindings, with a number of the C++ code
            raise EngineError(
                f"ExecuTorch failed on {len(tokens)} tokens at position {self._position}.",
                next_step="free some memory and ask again",
            ) from error
        self._position += len(tokens)
        logits, hidden_last, hidden_mid = (np.asarray(output.numpy())[0] for output in outputs)
        return Step(last_logits=logits, hidden_last=hidden_last, hidden_mid=hidden_mid)

    def truncate(self, position: int) -> None:
        """Keep the first ``position`` tokens of the cache. See ``Engine``."""
        if self._program is None:
            raise EngineError("The engine is closed.")
        check_position(position, position=self._position)
        self._position = position

    def route(self, stage: RouterStage, features: NDArray[np.float32]) -> float:
        """Ask a router head. See ``Engine``."""
        if self._program is None:
            raise EngineError("The engine is closed.")
        check_features(features, count=self._feature_counts.get(stage), stage=stage)
        try:
            with quiet():  # the first call of a method loads it
                outputs = self._program.run_method(stage.method, (self._torch.tensor(features[None]),))
        except Exception as error:  # RuntimeError of the bindings, with a number of the C++ code
            raise EngineError(
                f"ExecuTorch failed in {stage.method}.", next_step="free some memory and ask again"
            ) from error
        return float(outputs[0][0])

    def close(self) -> None:
        """Free the model."""
        self._program = None

    def _check(self, tokens: Sequence[int]) -> None:
        if self._program is None:
            raise EngineError("The engine is closed.")
        check_tokens(
            tokens,
            position=self._position,
            context_length=self._context_length,
            vocabulary_size=self._vocabulary_size,
        )


def load_runtime() -> Any:
    """ExecuTorch's bindings, with the operators that Upcall's programs use.

    The bindings' own module, which had another name up to version 1.4, is loaded past ``portable_lib``, which warns at import
    and brings in the exporter.

    Raises:
        MissingExtraError: executorch or torch is not installed.
    """
    torch = require("torch", extra="executorch")  # its libraries must be loaded before the bindings
    package = require("executorch", extra="executorch")
    with quiet():
        root = Path(next(iter(package.__path__)))
        name = "_C" if list(root.glob("extension/pybindings/_C.*")) else "_portable_lib"
        runtime = require(f"executorch.extension.pybindings.{name}", extra="executorch")
        for pattern in _LIBRARIES:
            for library in root.glob(pattern):
                torch.ops.load_library(str(library))
    return runtime


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps away from the terminal what native code writes to standard error: notes on processor and allocators."""
    kept = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        with redirect_stderr(io.StringIO()):  # where the bindings send what their own calls write
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
