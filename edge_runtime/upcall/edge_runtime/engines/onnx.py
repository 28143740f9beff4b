"""ONNX Runtime on the CPU; needs the extra ``onnx``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from upcall.edge_runtime.engine import RouterStage, Step, check_features, check_position, check_tokens
from upcall.edge_runtime.errors import EngineError, require
from upcall.edge_runtime.processors import physical_cores

if TYPE_CHECKING:
    from numpy.typing import NDArray


class OnnxEngine:
    """Runs a graph with explicit past and present key-value tensors.

    Graph (export writes it): ``input_ids`` [1, T] int64, ``attention_mask`` [1, P + T] and ``position_ids`` [1, T] int64 where
    the graph has them, ``past_key_values.N.{key,value}`` [1, H, P, D/H] float32 → ``logits`` [1, V], ``hidden_last``,
    ``hidden_sum``, ``hidden_mid`` [1, D] and ``present.N.{key,value}``, float32. The present tensors of one step are the past
    of the next without a copy.

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
        self._inputs = {node.name for node in self._session.get_inputs()}
        self._past_names = sorted(name for name in self._inputs if name.startswith("past_key_values."))
        self._outputs = [node.name for node in self._session.get_outputs()]
        missing = {"logits", "hidden_last", "hidden_sum", "hidden_mid"} - set(self._outputs)
        if "input_ids" not in self._inputs or not self._past_names or missing:
            raise EngineError(f"{model.name} is not an Upcall graph.", next_step="make it with `upcall export`")
        shape = next(node.shape for node in self._session.get_inputs() if node.name == self._past_names[0])
        self._empty = np.zeros((1, shape[1], 0, shape[3]), dtype=np.float32)
        self._context_length = context_length
        self._vocabulary_size = vocabulary_size
        self._past: dict[str, Any] = {}
        self._position = 0
        self.truncate(0)

    @property
    def context_length(self) -> int:
        """Most tokens that the cache can hold."""
        return self._context_length

    @property
    def position(self) -> int:
        """Tokens in the cache."""
        return self._position

    def forward(self, tokens: Sequence[int]) -> Step:
        """Append T ≥ 1 tokens to the cache. See :class:`upcall.edge_runtime.engine.Engine`."""
        self._check(tokens)
        end = self._position + len(tokens)
        ids = np.array([tokens], dtype=np.int64)
        binding = self._session.io_binding()
        binding.bind_cpu_input("input_ids", ids)
        if "attention_mask" in self._inputs:
            binding.bind_cpu_input("attention_mask", np.ones((1, end), dtype=np.int64))
        if "position_ids" in self._inputs:
            binding.bind_cpu_input("position_ids", np.arange(self._position, end, dtype=np.int64)[None])
        for name, value in self._past.items():
            binding.bind_ortvalue_input(name, value)
        for name in self._outputs:
            binding.bind_output(name, "cpu")
        try:
            self._session.run_with_iobinding(binding)
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise EngineError(
                f"ONNX Runtime failed on {len(tokens)} tokens at position {self._position}.",
                next_step="free some memory and ask again",
            ) from error
        outputs = dict(zip(self._outputs, binding.get_outputs(), strict=True))
        self._past = {name: outputs[name.replace("past_key_values", "present")] for name in self._past_names}
        self._position = end

        def vector(name: str) -> NDArray[np.float32]:
            return np.asarray(outputs[name].numpy()).reshape(-1)

        return Step(
            logits=vector("logits"),
            hidden_last=vector("hidden_last"),
            hidden_sum=vector("hidden_sum"),
            hidden_mid=vector("hidden_mid"),
        )

    def truncate(self, position: int) -> None:
        """Keep the first ``position`` tokens of the cache. See :class:`upcall.edge_runtime.engine.Engine`."""
        if self._session is None:
            raise EngineError("The engine is closed.")
        check_position(position, position=self._position)
        if self._past and position == self._position:
            return
        self._past = {
            name: self._ort.OrtValue.ortvalue_from_numpy(
                np.ascontiguousarray(self._past[name].numpy()[:, :, :position]) if position else self._empty
            )
            for name in self._past_names
        }
        self._position = position

    def route(self, stage: RouterStage, features: NDArray[np.float32]) -> float:
        """Ask a router head. See :class:`upcall.edge_runtime.engine.Engine`."""
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
        self._past = {}

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
