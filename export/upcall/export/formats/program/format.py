"""The format ``executorch``: a program with its cache inside, that ExecuTorch runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from upcall.edge_runtime.bundle import MODEL_PTE
from upcall.edge_runtime.engines.executorch_program import ExecuTorchEngine
from upcall.edge_runtime.files import write_atomically
from upcall.edge_runtime.language_model.engine import Engine
from upcall.edge_runtime.runtime_versions import ModelRuntime
from upcall.export.formats.program.heads import link, lower_heads
from upcall.export.sources.model import Array, DecoderShape, SourceModel, Weights
from upcall.routing.heads.router_head import RouterHead


class ProgramFormat:
    """See ``Format``."""

    model_file = MODEL_PTE
    modules = ("torch", "torchao", "executorch", "gguf")
    tools = ("executorch", "gguf", "numpy", "tokenizers", "torch", "torchao", "transformers", "upcall")
    least_runtimes = MappingProxyType({ModelRuntime.EXECUTORCH.value: "1.3.1"})
    wide_name = "float32 decoder before it is lowered"

    def fit(self, source: SourceModel, *, context_length: int) -> SourceModel:
        """A context of the length given at most: the cache stands in memory whole from the start."""
        return replace(source, shape=replace(source.shape, context=min(source.shape.context, context_length)))

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
        """Write the program; the module that was lowered is what it is measured against. See ``Format``."""
        from upcall.export.formats.program.decoder import Decoder, EagerEngine
        from upcall.export.formats.program.lowering import lower, quantise_decoder

        decoder = Decoder(weights, shape)
        if bits == 4:
            quantise_decoder(decoder, samples)
        path.write_bytes(lower(decoder))
        return EagerEngine(decoder)

    def wide(self, weights: Weights, shape: DecoderShape, folder: Path) -> Engine:
        """The decoder in PyTorch. See ``Format``."""
        from upcall.export.formats.program.decoder import Decoder, EagerEngine

        return EagerEngine(Decoder(weights, shape))

    def open(self, path: Path, *, context_length: int, vocabulary_size: int) -> Engine:
        """ExecuTorch. See ``Format``."""
        return ExecuTorchEngine(path, context_length=context_length, vocabulary_size=vocabulary_size)

    def write_heads(self, heads: Sequence[RouterHead], folder: Path) -> None:
        """Methods of the program. See ``Format``."""
        program = folder / MODEL_PTE
        write_atomically(program, link(program.read_bytes(), lower_heads(heads)))
