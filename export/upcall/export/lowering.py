"""From the decoder in PyTorch to an ExecuTorch program, XNNPACK running all that it can.

Import it only where torch, torchao and executorch are installed.
"""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from upcall.edge_runtime.errors import ModelError
from upcall.export.decoder import Decoder
from upcall.export.quantise import GROUP

_ROWS_AT_ONCE = 4096
# The key of the compile specification with which XNNPACK's lowering runs one pass over a partition, the one that finds linear
# operators, in place of 17 that re-trace it. The others rewrite what no decoder holds: convolutions, batch norms, resizing.
_ONE_PASS = "dqlinear_partitioner"  # noqa: S105


class Int4Embedding(nn.Module):
    """Rows of a matrix [V, D] in 4 bits, groups of 32, a float16 scale each, by ExecuTorch's own operator.

    A group's scale makes its extreme −8, as in llama.cpp's Q4_0, so that all 16 levels can be used.

    Args:
        weight: [V, D] float32, D a multiple of 32.
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        parts = [_int4(weight[start : start + _ROWS_AT_ONCE]) for start in range(0, len(weight), _ROWS_AT_ONCE)]
        self.register_buffer("packed", torch.cat([packed for packed, _ in parts]))
        self.register_buffer("scales", torch.cat([scales for _, scales in parts]))

    def forward(self, tokens: Tensor) -> Tensor:
        """[1, T] int64 → [1, T, D] float32."""
        packed, scales = self.get_buffer("packed"), self.get_buffer("scales")
        rows: Tensor = torch.ops.quantized_decomposed.embedding_4bit.dtype(
            packed, scales, None, -8, 7, tokens, dtype=torch.float32
        )
        return rows


def quantise_decoder(decoder: Decoder) -> None:
    """Replace, in place, every matrix by one of 4 bits, groups of 32, symmetric; activations become int8, by token.

    Raises:
        ModelError: a matrix has a number of inputs that is no multiple of 32.
    """
    with _quiet():
        quantization = importlib.import_module("torchao.quantization")
        granularity = importlib.import_module("torchao.quantization.granularity")
    for linear in decoder.modules():
        if isinstance(linear, nn.Linear) and linear.in_features % GROUP:
            raise ModelError(f"A matrix has {linear.in_features} inputs.", allowed=f"a multiple of {GROUP}")
    decoder.embedding = Int4Embedding(decoder.embedding.get_parameter("weight"))
    config = quantization.Int8DynamicActivationIntxWeightConfig(
        weight_dtype=torch.int4,  # type: ignore[attr-defined]  # not among torch's types
        weight_granularity=granularity.PerGroup(GROUP),
        weight_scale_dtype=torch.bfloat16,  # as XNNPACK keeps them, so that PyTorch computes with the same
    )
    quantization.quantize_(decoder, config)


def lower(decoder: Decoder) -> bytes:
    """The program, whose one method is ``forward``: see :class:`upcall.export.decoder.Decoder`.

    T may be anything from 1 to the context. What XNNPACK does not run: the embedding, attention with its cache, slices.
    """
    with _quiet():
        exir = importlib.import_module("executorch.exir")
        passes = importlib.import_module("executorch.exir.passes")
        shapes = importlib.import_module("executorch.exir.passes.sym_shape_eval_pass")
        xnnpack = importlib.import_module("executorch.backends.xnnpack.partition.xnnpack_partitioner")
        partitioner = importlib.import_module("executorch.exir.backend.partitioner")
        schema = importlib.import_module("executorch.exir.backend.compile_spec_schema")
        for operators in ("executorch.extension.llm.custom_ops.custom_ops", "executorch.kernels.quantized"):
            importlib.import_module(operators)
        given = (torch.zeros(1, 8, dtype=torch.int64), torch.zeros(1, dtype=torch.int64))
        count = torch.export.Dim("T", min=1, max=decoder.context)
        with torch.no_grad():
            program = torch.export.export(decoder, given, dynamic_shapes=({1: count}, None), strict=False)
        by_xnnpack = xnnpack.XnnpackPartitioner()
        by_xnnpack.delegation_spec = partitioner.DelegationSpec(
            by_xnnpack.delegation_spec.backend_id, [schema.CompileSpec(_ONE_PASS, b"")]
        )
        edge = exir.to_edge_transform_and_lower(
            program,
            partitioner=[by_xnnpack],
            # The operators of attention and embedding are not of the core set, and order of dimensions plays no part.
            compile_config=exir.EdgeCompileConfig(_check_ir_validity=False, _skip_dim_order=True),
        )
        planned = edge.to_executorch(
            exir.ExecutorchBackendConfig(
                memory_planning_pass=passes.MemoryPlanningPass(alloc_graph_input=False),
                sym_shape_eval_pass=shapes.ConstraintBasedSymShapeEvalPass(),
            )
        )
        return bytes(planned.buffer)


def _int4(weight: Tensor) -> tuple[Tensor, Tensor]:
    """[n, D] float32 → codes [n, D/2] uint8, the earlier one in the high half, and scales [n, D/32] float16."""
    groups = weight.reshape(weight.shape[0], -1, GROUP)
    extreme = groups.gather(-1, groups.abs().argmax(-1, keepdim=True))
    scales = (extreme / -8).to(torch.float16)
    divisors = torch.where(scales == 0, 1, scales.float())
    codes = ((groups / divisors).round().clamp(-8, 7) + 8).to(torch.uint8).reshape(weight.shape)
    return (codes[:, 0::2] << 4) | codes[:, 1::2], scales.squeeze(-1)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps back the toolchain's warnings on its own use of what is deprecated, and what it notes about each graph."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
