"""ONNX Runtime on the CPU; needs the extra ``onnx``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from upcall.edge_runtime.errors import EngineError, require
from upcall.edge_runtime.language_model.engine import (
    MAX_LOGIT_ROWS,
    RouterStage,
    Step,
    check_features,
    check_position,
    check_tokens,
    logit_rows,
)
from upcall.edge_runtime.processors import physical_cores

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PAST, _PRESENT = "past_key_values.", "present."
_HIDDEN_STATES = ("hidden_last", "hidden_mid")
_INPUTS = {"input_ids", "position"}
_OUTPUTS = {"logits", *_HIDDEN_STATES}
_LOGIT_AXES = 3
_FIRST_CAPACITY = 256  # tokens


class OnnxEngine:
    """Runs a graph that is given its key-value cache, and writes into it.

    Graph (export writes it): ``input_ids`` [1, T] int64, ``position`` [1] int64 and ``past_key_values.N.{key,value}``
    [1, H, M, D/H] float32 → ``logits`` [1, min(T, 8), V], ``hidden_last``, ``hidden_mid`` [1, D] and
    ``present.N.{key,value}``, float32. Past and present are the same memory, M places that grow with the conversation, so a
    step copies nothing and cutting the cache back costs nothing.

    Args:
        model: the ``.onnx`` file; the router heads' graphs, where there are any, stand beside it.
        context_length: most tokens, from the manifest.
        vocabulary_size: token ids run below it.
        threads: by default the physical cores.

    Raises:
        MissingExtraError: onnxruntime is not installed.
        EngineError: the graph cannot be loaded or has other inputs and outputs.
    """

    def __init__(self, model: Path, *, context_length: int, vocabulary_size: int, threads: int | None = None) -> None:
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # belt and braces: the pinned version has no telemetry
        self._ort = require("onnxruntime", extra="onnx")
        self._session: Any = self._load(model, threads=threads or physical_cores())
        heads = {stage: model.with_name(f"{stage.method}.onnx") for stage in RouterStage}
        self._heads = {stage: self._load(path, threads=1) for stage, path in heads.items() if path.is_file()}
        shapes = {node.name: node.shape for node in (*self._session.get_inputs(), *self._session.get_outputs())}
        past = {name: shape for name, shape in shapes.items() if name.startswith(_PAST)}
        present = {name.replace(_PAST, _PRESENT) for name in past}
        if not past or shapes.keys() != {*past, *present, *_INPUTS, *_OUTPUTS} or len(shapes["logits"]) != _LOGIT_AXES:
            raise EngineError(
                f"{model.name} is not a graph that this version of Upcall runs.",
                allowed="one that it made itself",
                next_step="make the bundle again with `upcall export`",
            )
        self._context_length = context_length
        self._vocabulary_size = vocabulary_size
        self._cache = {name: np.zeros((1, shape[1], 0, shape[3]), dtype=np.float32) for name, shape in past.items()}
        self._hidden = {name: np.zeros(shapes[name], dtype=np.float32) for name in _HIDDEN_STATES}
        self._logits = np.zeros((1, MAX_LOGIT_ROWS, shapes["logits"][-1]), dtype=np.float32)
        self._rows = 0  # of logits, as bound
        self._capacity = 0
        self._position = 0
        self._binding: Any = None
        self._bound: list[Any] = []
        self._bound_logits: Any = None

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
        end = self._position + len(tokens)
        if end > self._capacity:
            self._grow(end)
        rows = logit_rows(len(tokens))
        if rows != self._rows:
            self._bind_logits(rows)
        self._binding.bind_cpu_input("input_ids", np.array([tokens], dtype=np.int64))
        self._binding.bind_cpu_input("position", np.array([self._position], dtype=np.int64))
        try:
            self._session.run_with_iobinding(self._binding)
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise EngineError(
                f"ONNX Runtime failed on {len(tokens)} tokens at position {self._position}.",
                next_step="free some memory and ask again",
            ) from error
        self._position = end
        return Step(self._logits[0, :rows], *(self._hidden[name][0] for name in _HIDDEN_STATES))

    def _grow(self, tokens: int) -> None:
        """Make room for so many tokens, twice as many as before or more, and bind what the graph reads and writes."""
        capacity = min(self._context_length, max(tokens, 2 * self._capacity, _FIRST_CAPACITY))
        grown = {}
        try:
            for name, small in self._cache.items():
                grown[name] = np.zeros((*small.shape[:2], capacity, small.shape[3]), dtype=np.float32)
                grown[name][:, :, : self._position] = small[:, :, : self._position]
        except MemoryError:
            raise EngineError(
                f"There is no memory for a context of {capacity:,} tokens.",
                next_step="free some memory, or ask a shorter question",
            ) from None
        self._capacity, self._cache, self._bound = capacity, grown, []
        binding = self._session.io_binding()
        for name, large in self._cache.items():
            value = self._wrapped(large)
            binding.bind_ortvalue_input(name, value)
            binding.bind_ortvalue_output(name.replace(_PAST, _PRESENT), value)
        for name, state in self._hidden.items():
            binding.bind_ortvalue_output(name, self._wrapped(state))
        self._binding = binding
        self._rows = 0

    def _bind_logits(self, rows: int) -> None:
        """Let the graph write so many rows of logits, at the beginning of their memory."""
        self._bound_logits = self._ort.OrtValue.ortvalue_from_numpy(self._logits[:, :rows])
        self._binding.bind_ortvalue_output("logits", self._bound_logits)
        self._rows = rows

    def _wrapped(self, array: NDArray[np.float32]) -> Any:
        """The array as onnxruntime's value, of the same memory; kept, as the binding alone would not keep that memory."""
        value = self._ort.OrtValue.ortvalue_from_numpy(array)
        self._bound.append(value)
        return value

    def truncate(self, position: int) -> None:
        """Keep the first ``position`` tokens of the cache. See ``Engine``."""
        if self._session is None:
            raise EngineError("The engine is closed.")
        check_position(position, position=self._position)
        self._position = position

    def route(self, stage: RouterStage, features: NDArray[np.float32]) -> float:
        """Ask a router head. See ``Engine``."""
        if self._session is None:
            raise EngineError("The engine is closed.")
        head = self._heads.get(stage)
        check_features(features, count=head.get_inputs()[0].shape[1] if head else None, stage=stage)
        assert head is not None
        try:
            return float(head.run(["score"], {"features": features[None]})[0][0])
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise EngineError(f"ONNX Runtime failed in {stage.method}.", next_step="export the model again") from error

    def close(self) -> None:
        """Free the model."""
        self._session = None
        self._heads = {}
        self._cache, self._bound, self._bound_logits, self._binding = {}, [], None, None

    def _load(self, path: Path, *, threads: int) -> Any:
        options = self._ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # its messages name tensors and paths; errors come as exceptions
        try:
            return self._ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise EngineError(
                f"ONNX Runtime {self._ort.__version__} cannot load {path.name}.",
                next_step="verify the bundle's files, free some memory or export again",
            ) from error

    def _check(self, tokens: Sequence[int]) -> None:
        if self._session is None:
            raise EngineError("The engine is closed.")
        check_tokens(
            tokens,
            position=self._position,
            context_length=self._context_length,
            vocabulary_size=self._vocabulary_size,
        )
