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
from upcall.export.quantise import GROUP, quantise_with_sums

_ROWS_AT_ONCE = 4096
# Inputs and their sums share one int8 scale a token; a quarter of the sum of 32 is about as large as the inputs.
_SUM_FACTOR = 0.25
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
        with _quiet():
            importlib.import_module(
                "executorch.exir.passes._quant_patterns_and_replacements"
            )  # the operator in PyTorch
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


class SummedLinear(nn.Module):
    """A linear operator of 4 bits, groups of 32, whose weights keep the minima of their groups.

    XNNPACK multiplies ``code · scale``, codes −8 to 7, with no zero. What a group of 32 weights has beyond that multiplies the
    sum of its inputs; so these sums are appended to the inputs, and their factors, in 4 bits again, to the columns:
    see :func:`upcall.export.quantise.quantise_with_sums`. Activations become int8, by token.

    Args:
        linear: of K inputs, a multiple of 32.

    Departure: symmetric groups alone are usual; they raised the perplexity of a Q4_1 model by half.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        quantization = importlib.import_module("torchao.quantization")
        columns, sums = linear.in_features, linear.in_features // GROUP
        padded = -(-sums // GROUP) * GROUP
        groups = torch.zeros(padded, columns)
        groups[:sums] = torch.eye(sums).repeat_interleave(GROUP, dim=1) * _SUM_FACTOR
        self.register_buffer("groups", groups)
        codes, scales = _int4_with_sums(linear.weight.detach(), padded=padded)
        weight = quantization.IntxUnpackedToInt8Tensor(
            codes,
            scales,
            torch.zeros_like(scales, dtype=torch.int8),
            torch.int4,  # type: ignore[attr-defined]  # not among torch's types
            (1, GROUP),
            torch.float32,
            "int8_asym_per_token",
        )
        self.linear = nn.Linear(columns + padded, linear.out_features, bias=linear.bias is not None, device="meta")
        self.linear.weight = nn.Parameter(weight, requires_grad=False)
        if linear.bias is not None:
            self.linear.bias = linear.bias

    def forward(self, values: Tensor) -> Tensor:
        """[…, K] → […, N]."""
        sums = nn.functional.linear(values, self.get_buffer("groups"))
        output: Tensor = self.linear(torch.cat((values, sums), -1))
        return output


def quantise_decoder(decoder: Decoder) -> None:
    """Replace, in place, every matrix by one of 4 bits, embedding and head too.

    Raises:
        ModelError: a matrix has a number of inputs that is no multiple of 32.
    """
    with _quiet():
        importlib.import_module("torchao.quantization")
    decoder.embedding = Int4Embedding(decoder.embedding.get_parameter("weight"))
    for parent in list(decoder.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear):
                if child.in_features % GROUP:
                    raise ModelError(f"A matrix has {child.in_features} inputs.", allowed=f"a multiple of {GROUP}")
                setattr(parent, name, SummedLinear(child))


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


def _int4_with_sums(weight: Tensor, *, padded: int) -> tuple[Tensor, Tensor]:
    """[N, K] float32 → codes [N, K + padded] int8, −8 to 7, and scales [N, (K + padded)/32] float32."""
    rows, groups = weight.shape[0], weight.shape[1] // GROUP
    stored = quantise_with_sums(weight.numpy())
    packed = torch.from_numpy(stored.codes[:, :groups])
    codes = torch.stack([packed & 15, packed >> 4], dim=-1).reshape(rows, groups, GROUP).to(torch.int8) - 8
    scales = _as_xnnpack(torch.from_numpy(stored.scales[:, :groups]))
    rests = torch.zeros(rows, padded)
    rests[:, :groups] = (weight.reshape(rows, groups, GROUP) - codes * scales[:, :, None]).mean(-1) / _SUM_FACTOR
    of_rests = rests.reshape(rows, -1, GROUP)
    greatest = of_rests.abs().amax(-1)
    rest_scales = _as_xnnpack(torch.where(greatest == 0, 1, greatest / 7.5))
    rest_codes = (of_rests / rest_scales[:, :, None]).round().clamp(-8, 7).to(torch.int8)
    all_codes = torch.cat([codes, rest_codes], dim=1).reshape(rows, -1)
    return all_codes, torch.cat([scales, rest_scales], dim=1)


def _as_xnnpack(scales: Tensor) -> Tensor:
    """XNNPACK keeps scales as bfloat16; so does PyTorch then, and both compute with the same."""
    return scales.to(torch.bfloat16).float()


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
