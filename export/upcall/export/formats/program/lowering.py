"""Lowers the decoder in PyTorch to an ExecuTorch program; XNNPACK runs all that it can.

Import it only where torch, torchao and executorch are installed.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from math import gcd

import torch
from torch import Tensor, nn

from upcall.edge_runtime.engines.executorch_program import quiet
from upcall.export.formats.program.decoder import Decoder
from upcall.export.formats.program.summed import as_xnnpack, column_factors, sum_columns, with_sums
from upcall.export.formats.program.toolchain import quiet_toolchain
from upcall.export.quantisation.lattice import filled_up, nearest, products_after, with_feedback
from upcall.export.quantisation.nbits import GROUP

# Columns that share a scale, of an embedding and of a head, where they divide the row: 32 costs 2.7 MB more of 30.
_EMBEDDING_GROUP, _HEAD_GROUP = 192, 64
# The key of the compile specification with which XNNPACK's lowering runs one pass over a partition, the one that finds linear
# operators, in place of 17 that re-trace it. The others rewrite what no decoder holds: convolutions, batch norms, resizing.
_ONE_PASS = "dqlinear_partitioner"  # noqa: S105


def _as_float16(scales: Tensor) -> Tensor:
    """The operator of an embedding keeps its scales in float16."""
    return scales.half().float()


class Int4Embedding(nn.Module):
    """Rows of a matrix [V, D] in 4 bits, wide groups with a float16 scale each, by ExecuTorch's own operator.

    Args:
        weight: [V, D] float32.
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        with quiet_toolchain():
            importlib.import_module(
                "executorch.exir.passes._quant_patterns_and_replacements"
            )  # the operator in PyTorch
        self._columns = weight.shape[1]
        weight = filled_up(weight)
        factors = column_factors(weight)
        codes, scales = nearest(weight / factors, group=gcd(weight.shape[1], _EMBEDDING_GROUP), store=_as_float16)
        unsigned = (codes + 8).to(torch.uint8)
        self.register_buffer("packed", (unsigned[:, 0::2] << 4) | unsigned[:, 1::2])  # the earlier one in the high half
        self.register_buffer("scales", scales.to(torch.float16))
        self.register_buffer("factors", factors)

    def forward(self, tokens: Tensor) -> Tensor:
        """[1, T] int64 → [1, T, D] float32."""
        packed, scales = self.get_buffer("packed"), self.get_buffer("scales")
        rows: Tensor = torch.ops.quantized_decomposed.embedding_4bit.dtype(
            packed, scales, None, -8, 7, tokens, dtype=torch.float32
        )
        rows = rows * self.get_buffer("factors")
        return rows if rows.shape[-1] == self._columns else rows[..., : self._columns]


class Int4Head(nn.Module):
    """A linear operator of 4 bits whose weights lie on no lattice: rounded with feedback.

    Args:
        linear: of D inputs, without a bias.
        products: [D, D], the sum of x·xᵀ over inputs x.
    """

    def __init__(self, linear: nn.Linear, products: Tensor) -> None:
        super().__init__()
        # A quarter power of the inputs' sizes in it, too: it keeps the greatest from taking all of the 8 bits of a token.
        self._filling = -linear.in_features % GROUP
        weight = filled_up(linear.weight.detach())
        products = nn.functional.pad(products, (0, self._filling, 0, self._filling))
        sizes = products.diagonal() / products.diagonal().mean().clamp(min=1e-6)
        factors = column_factors(weight) * sizes.clamp(min=1e-6).pow(-0.125)
        group = gcd(weight.shape[1], _HEAD_GROUP)
        codes, scales = with_feedback(
            weight / factors, factors[:, None] * products * factors, group=group, store=as_xnnpack
        )
        self.register_buffer("factors", factors)
        self.linear = _int4_linear(codes, scales, None)

    def forward(self, values: Tensor) -> Tensor:
        """[…, D] → […, V]."""
        output: Tensor = self.linear(_filled(values, self._filling) * self.get_buffer("factors"))
        return output


class SummedLinear(nn.Module):
    """A linear operator of 4 bits, groups of 32, whose weights keep the minima of their groups.

    XNNPACK multiplies ``code · scale``, codes −8 to 7, with no zero. What a group of 32 weights has beyond that multiplies the
    sum of its inputs; so these sums are appended to the inputs, most of them twice, and their factors to the columns: see
    :func:`upcall.export.formats.program.summed.with_sums`. Activations become int8, by token.

    Args:
        linear: of K inputs.
        sum_squares: [⌈K/32⌉], of the sums of each group's inputs, over some inputs.

    Departure: symmetric groups alone are usual; they raised the perplexity of a Q4_1 model by half.
    """

    def __init__(self, linear: nn.Linear, sum_squares: Tensor) -> None:
        super().__init__()
        self._filling = -linear.in_features % GROUP
        mixture = sum_columns(sum_squares)
        self.register_buffer("ones", torch.ones(1, GROUP))
        self.register_buffer("mixture", mixture)
        self.linear = _int4_linear(*with_sums(filled_up(linear.weight.detach()), mixture), linear.bias)

    def forward(self, values: Tensor) -> Tensor:
        """[1, T, K] → [1, T, N]."""
        mixture = self.get_buffer("mixture")
        values = _filled(values, self._filling)
        # A sum along one axis is nothing that XNNPACK runs; a product with ones is.
        sums = nn.functional.linear(values.view(1, -1, mixture.shape[1], GROUP), self.get_buffer("ones"))
        appended = nn.functional.linear(sums.view(1, -1, mixture.shape[1]), mixture)
        output: Tensor = self.linear(torch.cat((values, appended), -1))
        return output


def quantise_decoder(decoder: Decoder, samples: Sequence[Sequence[int]]) -> None:
    """Replace, in place, every matrix by one of 4 bits, embedding and head too.

    Args:
        decoder: in float32.
        samples: token ids of texts such as the model will see, each within its context: what the rounding is best for.
    """
    with quiet_toolchain():
        importlib.import_module("torchao.quantization")
    places = [
        (parent, name, child)
        for parent in decoder.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.Linear)
    ]
    products, sum_squares = _measured(decoder, samples)
    for parent, name, linear in places:
        if linear is decoder.head:
            setattr(parent, name, Int4Head(linear, products))
        else:
            setattr(parent, name, SummedLinear(linear, sum_squares[linear]))
    decoder.embedding = Int4Embedding(decoder.embedding.get_parameter("weight"))


def _filled(values: Tensor, count: int) -> Tensor:
    """[…, K] → […, K + count] with zeros."""
    return nn.functional.pad(values, (0, count)) if count else values


def _measured(decoder: Decoder, samples: Sequence[Sequence[int]]) -> tuple[Tensor, dict[nn.Module, Tensor]]:
    """The sum of x·xᵀ [D, D] over the head's inputs, and for every matrix the squares of its sums [⌈K/32⌉], of the samples."""
    squares: dict[nn.Module, Tensor] = {}

    def on_input(linear: nn.Module, given: tuple[Tensor, ...]) -> None:
        wide = filled_up(given[0])
        found = wide.reshape(-1, wide.shape[-1] // GROUP, GROUP).sum(-1).square().sum(0)
        squares[linear] = squares[linear] + found if linear in squares else found

    hooks = [
        module.register_forward_pre_hook(on_input) for module in decoder.modules() if isinstance(module, nn.Linear)
    ]
    of_head = products_after(decoder.final_norm, size=decoder.head.in_features)
    with torch.inference_mode(), quiet(), of_head as products:
        for sample in samples:
            decoder(torch.tensor([list(sample)]), torch.tensor([0]))
    for hook in hooks:
        hook.remove()
    return products, squares


def _int4_linear(codes: Tensor, scales: Tensor, bias: Tensor | None) -> nn.Linear:
    """A linear layer of codes [N, K] and scales [N, groups], with activations as int8."""
    quantization = importlib.import_module("torchao.quantization")
    weight = quantization.IntxUnpackedToInt8Tensor(
        codes,
        scales,
        torch.zeros_like(scales, dtype=torch.int8),
        torch.int4,  # type: ignore[attr-defined]  # not among torch's types
        (1, codes.shape[1] // scales.shape[1]),
        torch.float32,
        "int8_asym_per_token",
    )
    linear = nn.Linear(codes.shape[1], codes.shape[0], bias=bias is not None, device="meta")
    linear.weight = nn.Parameter(weight, requires_grad=False)
    if bias is not None:
        linear.bias = nn.Parameter(bias, requires_grad=False)
    return linear


def lower(decoder: Decoder) -> bytes:
    """The program, whose one method is ``forward``: see ``Decoder``.

    T may be anything from 1 to the context. What XNNPACK does not run: the embedding, attention with its cache, slices.
    """
    with quiet_toolchain():
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
