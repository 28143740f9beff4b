"""The decoder as an ONNX graph, written operator by operator from the weights, in float32 or with matrices of 4 or 8 bits.

Inputs: ``input_ids`` [1, T] int64; ``position`` [1] int64, P ≥ 0; ``past_key_values.N.key`` and ``.value`` [1, H, M, head size]
float32, M ≥ P + T places of which the first P are filled.
Outputs: ``logits`` [1, min(T, 8), V] of the last tokens; ``hidden_last``, ``hidden_mid`` [1, D] of the last one;
``present.N.key`` and ``.value`` of the size of the past, with P + T filled; all float32. Where past and present are the same
memory, nothing is copied. Positions are P to P + T − 1; nothing is padded, so there is no mask. Operators of domain
com.microsoft are in every build of ONNX Runtime, on Android too.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from upcall.edge_runtime.errors import require
from upcall.edge_runtime.language_model.engine import MAX_LOGIT_ROWS
from upcall.export.quantisation.nbits import GROUP, Quantised
from upcall.export.sources.model import Array, DecoderShape
from upcall.export.sources.weights import rotary_tables

Matrix = Array | Quantised
_OPSET = 18
_IR_VERSION = 10
_MICROSOFT = "com.microsoft"
_INT8_ACTIVATIONS = 4  # MatMulNBits' accuracy_level


def build_graph(weights: Mapping[str, Matrix], shape: DecoderShape) -> Any:
    """An ``onnx.ModelProto``.

    Args:
        weights: as ``joined`` gives them; matrices may be Quantised, all or none.
        shape: of the decoder.
    """
    return _Builder(weights, shape).build()


def save_graph(model: Any, path: Path, *, external: bool) -> None:
    """Write the graph; ``external`` keeps the weights in a file ``PATH.data`` beside it, needed above 2 GB."""
    onnx = require("onnx", extra="export")
    if external:
        onnx.save_model(
            model, str(path), save_as_external_data=True, all_tensors_to_one_file=True, location=f"{path.name}.data"
        )
    else:
        onnx.save_model(model, str(path))


class _Builder:
    def __init__(self, weights: Mapping[str, Matrix], shape: DecoderShape) -> None:
        self._onnx = require("onnx", extra="export")
        self._helper = require("onnx.helper", extra="export")
        self._numpy = require("onnx.numpy_helper", extra="export")
        self._weights = weights
        self._shape = shape
        self._nodes: list[Any] = []
        self._initializers: dict[str, Any] = {}

    def build(self) -> Any:
        shape = self._shape
        self._lengths()
        residual = self._embedding("embedding", "input_ids")
        if shape.embedding_scale != 1:
            residual = self._node("Mul", [residual, self._constant("scale", np.float32(shape.embedding_scale))])
        if shape.middle_layer == 0:
            self._hidden_mid(residual)
        normal = self._node("SimplifiedLayerNormalization", [residual, self._norm("0.attention_norm")], **self._epsilon)
        for layer in range(shape.layers):
            attended = self._post_norm(self._attention(layer, normal), f"{layer}.post_attention_norm")
            normal, residual = self._add_and_norm(residual, attended, f"{layer}.mlp_norm")
            fed = self._post_norm(self._mlp(layer, normal), f"{layer}.post_mlp_norm")
            last = layer == shape.layers - 1
            normal, residual = self._add_and_norm(
                residual, fed, "final_norm" if last else f"{layer + 1}.attention_norm"
            )
            if layer + 1 == shape.middle_layer:
                self._hidden_mid(residual)
        self._node("Gather", [normal, self._constant("minus_one", np.int64(-1))], "hidden_last", axis=1)
        self._head(normal)
        return self._model()

    def _hidden_mid(self, residual: str) -> None:
        self._node("Gather", [residual, self._constant("minus_one", np.int64(-1))], "hidden_mid", axis=1)

    @property
    def _epsilon(self) -> dict[str, Any]:
        return {"epsilon": self._shape.norm_epsilon}

    def _node(self, kind: str, inputs: list[str], output: str = "", *, domain: str = "", **attributes: Any) -> str:
        """Add an operator of one output and return the output's name."""
        output = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(
            self._helper.make_node(kind, inputs, [output], name=f"node_{output}", domain=domain, **attributes)
        )
        return output

    def _constant(self, name: str, value: Any) -> str:
        if name not in self._initializers:
            self._initializers[name] = self._numpy.from_array(
                np.ascontiguousarray(value).reshape(np.shape(value)), name
            )
        return name

    def _norm(self, name: str) -> str:
        weight = self._weights[name]
        assert isinstance(weight, np.ndarray)
        return self._constant(name, weight)

    def _lengths(self) -> None:
        """``last_position`` [1] int32 = P + T − 1 and ``total`` scalar int32 = P + T."""
        new = self._node("Shape", ["input_ids"], start=1, end=2)
        total = self._node("Cast", [self._node("Add", ["position", new])], to=self._onnx.TensorProto.INT32)
        self._node("Sub", [total, self._constant("one", np.array([1], dtype=np.int32))], "last_position")
        self._node("Squeeze", [total, self._constant("axis_0", np.array([0]))], "total")

    def _embedding(self, name: str, ids: str) -> str:
        weight = self._weights[name]
        if not isinstance(weight, Quantised):
            return self._node("Gather", [self._constant(name, weight), ids], axis=0)
        codes, scales, zeros = self._quantised(name, weight)
        flat = self._node("Reshape", [codes, self._constant("flat", np.array([self._shape.vocabulary, -1]))])
        rows = self._node(
            "GatherBlockQuantized",
            [flat, ids, scales, zeros],
            domain=_MICROSOFT,
            bits=weight.bits,
            block_size=GROUP,
            gather_axis=0,
            quantize_axis=1,
        )
        if weight.inputs % GROUP == 0:
            return rows
        ends = (("first_column", 0), ("columns", weight.inputs), ("axis_columns", -1))
        return self._node("Slice", [rows, *(self._constant(name, np.array([value])) for name, value in ends)])

    def _quantised(self, name: str, weight: Quantised) -> tuple[str, str, str]:
        parts = {"codes": weight.codes, "scales": weight.scales, "zeros": weight.packed_zeros}
        codes, scales, zeros = (self._constant(f"{name}.{part}", value) for part, value in parts.items())
        return codes, scales, zeros

    def _linear(self, name: str, value: str, output: str = "") -> str:
        weight = self._weights[name]
        if not isinstance(weight, Quantised):
            return self._node("MatMul", [value, self._constant(f"{name}.transposed", weight.T)], output)
        inputs = [self._with_sums(value, weight) if weight.sums else value, *self._quantised(name, weight)]
        return self._node(
            "MatMulNBits",
            inputs,
            output,
            domain=_MICROSOFT,
            K=weight.columns,
            N=weight.codes.shape[0],
            bits=weight.bits,
            block_size=GROUP,
            accuracy_level=_INT8_ACTIVATIONS,
        )

    def _with_sums(self, value: str, weight: Quantised) -> str:
        """[1, T, K] → [1, T, C]: the inputs, zeros up to a multiple of 32, then the sum of every 32 of them."""
        # A product with ones and zeros: faster than Reshape and ReduceSum, whose start costs more than these few sums.
        summing = np.kron(np.eye(weight.sums, dtype=np.float32), np.ones((GROUP, 1), dtype=np.float32))
        summing = np.pad(summing[: weight.inputs], ((0, 0), (weight.filling, 0)))
        sums = self._node("MatMul", [value, self._constant(f"summing_{weight.inputs}", summing)])
        return self._node("Concat", [value, sums], axis=-1)

    def _head(self, normal: str) -> None:
        """The logits of the last min(T, 8) tokens: a slice from eight before the end begins where the tokens do."""
        bounds = (("first_row", -MAX_LOGIT_ROWS), ("no_end", np.iinfo(np.int64).max), ("axis_tokens", 1))
        last = self._node("Slice", [normal, *(self._constant(name, np.array([value])) for name, value in bounds)])
        name = "head" if "head" in self._weights else "embedding"
        weight = self._weights[name]
        if isinstance(weight, Quantised):
            self._linear(name, last, "logits")
        else:  # it reads the embedding as it lies, so a tied one is stored once
            self._node("FusedMatMul", [last, self._constant(name, weight)], "logits", domain=_MICROSOFT, transB=1)

    def _attention(self, layer: int, normal: str) -> str:
        shape = self._shape
        qkv = self._linear(f"{layer}.qkv", normal)
        if f"{layer}.qkv_bias" in self._weights:
            qkv = self._node("Add", [qkv, self._norm(f"{layer}.qkv_bias")])
        given = self._with_head_norms(layer, qkv) if shape.has_head_norms else [qkv, "", ""]
        is_local = shape.is_local(layer)
        attended = f"attended_{layer}"
        names = [f"{layer}.{part}" for part in ("key", "value")]
        past = [f"past_key_values.{name}" for name in names]
        self._nodes.append(
            self._helper.make_node(
                "GroupQueryAttention",
                [*given, *past, "last_position", "total", *self._rotary(is_local=is_local)],
                [attended, *(f"present.{name}" for name in names)],
                name=f"node_{attended}",
                domain=_MICROSOFT,
                num_heads=shape.heads,
                kv_num_heads=shape.kv_heads,
                do_rotary=1,
                rotary_interleaved=0,
                scale=shape.attention_scale,
                local_window_size=shape.window if is_local else -1,
            )
        )
        return self._linear(f"{layer}.o", attended)

    def _rotary(self, *, is_local: bool) -> list[str]:
        """The tables' names; written when they are first asked for."""
        names = [f"{kind}{'_local' if is_local else ''}" for kind in ("cosines", "sines")]
        if names[0] not in self._initializers:
            for name, table in zip(names, rotary_tables(self._shape, is_local=is_local), strict=True):
                self._constant(name, table)
        return names

    def _with_head_norms(self, layer: int, qkv: str) -> list[str]:
        """Q, K and V apart, each head of Q and K normalised."""
        shape = self._shape
        sizes = np.array([shape.heads, shape.kv_heads, shape.kv_heads]) * shape.head_size
        parts = [f"{layer}.{part}.output" for part in "qkv"]
        self._nodes.append(
            self._helper.make_node(
                "Split", [qkv, self._constant("qkv_sizes", sizes)], parts, name=f"node_qkv_{layer}", axis=-1
            )
        )
        heads = self._constant("in_heads", np.array([0, 0, -1, shape.head_size]))
        for index, part in enumerate("qk"):
            apart = self._node("Reshape", [parts[index], heads])
            weight = self._norm(f"{layer}.{part}_norm")
            epsilon = shape.head_norm_epsilon or shape.norm_epsilon
            normal = self._node("SimplifiedLayerNormalization", [apart, weight], epsilon=epsilon)
            parts[index] = self._node("Reshape", [normal, self._constant("in_one", np.array([0, 0, -1]))])
        return parts

    def _post_norm(self, value: str, name: str) -> str:
        if not self._shape.has_post_norms:
            return value
        return self._node("SimplifiedLayerNormalization", [value, self._norm(name)], **self._epsilon)

    def _add_and_norm(self, residual: str, update: str, norm: str) -> tuple[str, str]:
        """The normalised sum and the sum."""
        normal, total = f"{norm}.output", f"{norm}.residual"
        self._nodes.append(
            self._helper.make_node(
                "SkipSimplifiedLayerNormalization",
                [residual, update, self._norm(norm)],
                [normal, "", "", total],
                name=f"node_{norm}",
                domain=_MICROSOFT,
                **self._epsilon,
            )
        )
        return normal, total

    def _mlp(self, layer: int, normal: str) -> str:
        both = self._linear(f"{layer}.gate_up", normal)
        gate, up = f"gate_{layer}", f"up_{layer}"
        self._nodes.append(
            self._helper.make_node("Split", [both], [gate, up], name=f"node_split_{layer}", axis=-1, num_outputs=2)
        )
        if self._shape.is_gelu:
            active = self._node("FastGelu", [gate], domain=_MICROSOFT)  # by tanh
        else:
            active = self._node("Mul", [gate, self._node("Sigmoid", [gate])])
        return self._linear(f"{layer}.down", self._node("Mul", [active, up]))

    def _model(self) -> Any:
        shape, helper, kinds = self._shape, self._helper, self._onnx.TensorProto

        def value(name: str, *size: int | str, kind: int = kinds.FLOAT) -> Any:
            return helper.make_tensor_value_info(name, kind, list(size))

        names = [f"{layer}.{part}" for layer in range(shape.layers) for part in ("key", "value")]
        cache = (1, shape.kv_heads)
        inputs = [value("input_ids", 1, "T", kind=kinds.INT64), value("position", 1, kind=kinds.INT64)]
        inputs += [value(f"past_key_values.{name}", *cache, "M", shape.head_size) for name in names]
        outputs = [value("logits", 1, "R", shape.vocabulary)]
        outputs += [value(name, 1, shape.hidden) for name in ("hidden_last", "hidden_mid")]
        outputs += [value(f"present.{name}", *cache, "M", shape.head_size) for name in names]
        graph = helper.make_graph(self._nodes, "decoder", inputs, outputs, list(self._initializers.values()))
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="upcall")
