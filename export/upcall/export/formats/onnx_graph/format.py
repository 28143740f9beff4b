"""The format ``onnx``: a graph that ONNX Runtime runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType

from upcall.edge_runtime.bundle import MODEL_ONNX
from upcall.edge_runtime.engines.onnx_runtime import OnnxEngine
from upcall.edge_runtime.language_model.engine import Engine
from upcall.edge_runtime.runtime_versions import ModelRuntime
from upcall.export.formats.onnx_graph.graph import build_graph, save_graph
from upcall.export.formats.onnx_graph.heads import save_head_graph
from upcall.export.sources.model import Array, DecoderShape, SourceModel, Weights
from upcall.export.sources.weights import with_wide_heads
from upcall.routing.heads.router_head import RouterHead

_HEAD_MULTIPLE = 16
MAX_ONE_FILE = 1_900_000_000
"""Bytes of weights in the graph itself: protobuf ends at 2 GiB, and what is more stands in a file of its own."""


class OnnxFormat:
    """See ``Format``."""

    model_file = MODEL_ONNX
    modules = ("torch", "gguf", "onnx", "onnxruntime")
    tools = ("gguf", "numpy", "onnx", "onnxruntime", "tokenizers", "torch", "transformers", "upcall")
    least_runtimes = MappingProxyType({ModelRuntime.ONNX_RUNTIME.value: "1.26.0"})
    wide_name = "float32 graph"

    def fit(self, source: SourceModel, *, context_length: int) -> SourceModel:
        """Heads of 16 numbers or a multiple, as the attention's rotation wants them; the cache grows with the conversation."""
        return with_wide_heads(source, multiple=_HEAD_MULTIPLE)

    def save(
        self,
        weights: Weights,
        shape: DecoderShape,
        path: Path,
        *,
        bits: int,
        samples: Sequence[Sequence[int]],
        head_products: Callable[[], Array],
    ) -> Engine | None:
        """Write the graph, and what is too much for it beside it. See ``Format``."""
        from upcall.export.quantisation.stored import stored

        matrices = stored(weights, bits=bits, products=head_products() if bits == 4 else None)
        size = sum(weight.nbytes for weight in matrices.values())
        save_graph(build_graph(matrices, shape), path, external=size > MAX_ONE_FILE)
        return None

    def wide(self, weights: Weights, shape: DecoderShape, folder: Path) -> Engine:
        """The graph with the weights as they are. See ``Format``."""
        path = folder / MODEL_ONNX
        save_graph(build_graph(weights, shape), path, external=True)
        return self.open(path, context_length=shape.context, vocabulary_size=shape.vocabulary)

    def open(self, path: Path, *, context_length: int, vocabulary_size: int) -> Engine:
        """ONNX Runtime. See ``Format``."""
        return OnnxEngine(path, context_length=context_length, vocabulary_size=vocabulary_size)

    def write_heads(self, heads: Sequence[RouterHead], folder: Path) -> None:
        """A graph each. See ``Format``."""
        for head in heads:
            save_head_graph(head, folder)
