"""Rampart's weights in a graph for speed: 8-bit matrix products, fused attention. Made in memory at every load.

The published graph multiplies with 4-bit weights that ONNX Runtime unpacks at each call. Here they are unpacked once and
rounded to 7 bits for each output channel (7, so that processors without VNNI cannot overflow), inputs to 8 bits as they come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from upcall.edge_runtime.errors import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXTRA = "onnx"
_LAYERS = 6
_HEADS = 12
_EPSILON = 1e-12
_LEVELS = 63  # of 7 signed bits
_CONTRIB = "com.microsoft"
_MATRICES = ("query", "key", "value", "output", "intermediate", "last")


def fast_graph(published: bytes) -> bytes:
    """The graph with ``input_ids`` [1, n] int64 → ``logits`` [1, n, labels] float32, for 1 ≤ n ≤ 512 tokens without padding.

    Args:
        published: the file ``model_q4.onnx``.

    Raises:
        MissingExtraError: the package onnx is not installed.
        KeyError, ValueError, StopIteration: it is another graph.
    """
    onnx = require("onnx", extra=_EXTRA)
    model = onnx.load_from_string(published)
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    graph = _Graph(onnx, {name: onnx.numpy_helper.to_array(tensor) for name, tensor in tensors.items()})
    graph.build(_products(onnx, model, graph.weights))
    return bytes(graph.model().SerializeToString())


def _products(onnx: Any, model: Any, weights: Mapping[str, NDArray[Any]]) -> Iterator[NDArray[np.float32]]:
    """The matrices [inputs, outputs] in the order of the graph, unpacked."""
    for node in model.graph.node:
        if node.op_type == "MatMulNBits":
            settings = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
            if settings["bits"] != 4 or len(node.input) != 3:
                raise ValueError("not 4 bits around 8")
            rows, columns, block = settings["N"], settings["K"], settings["block_size"]
            packed = weights[node.input[1]].reshape(rows, -1)
            levels = np.stack((packed & 15, packed >> 4), axis=-1).reshape(rows, columns // block, block)
            scales = weights[node.input[2]].reshape(rows, columns // block, 1)
            yield ((levels.astype(np.float32) - 8) * scales).reshape(rows, columns).T


class _Graph:
    def __init__(self, onnx: Any, weights: Mapping[str, NDArray[Any]]) -> None:
        self.weights = weights
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def build(self, products: Iterator[NDArray[np.float32]]) -> None:
        hidden = self._embed()
        for layer in range(_LAYERS):
            name = f"bert.encoder.layer.{layer}."
            matrix = {kind: next(products) for kind in _MATRICES}
            joint = np.concatenate([matrix[kind] for kind in _MATRICES[:3]], axis=1)
            bias = np.concatenate([self.weights[f"{name}attention.self.{kind}.bias"] for kind in _MATRICES[:3]])
            parts = [f"{name}{kind}" for kind in _MATRICES[:3]]
            self._add("Split", [self._product(hidden, joint, bias, name + "joint")], parts, axis=-1, num_outputs=3)
            (attended,) = self._add("MultiHeadAttention", parts, [name + "attended"], domain=_CONTRIB, num_heads=_HEADS)
            attended = self._product(attended, matrix["output"], self.weights[f"{name}attention.output.dense.bias"])
            hidden = self._normalised(attended, hidden, f"{name}attention.output.LayerNorm")
            wide = self._product(hidden, matrix["intermediate"], self.weights[f"{name}intermediate.dense.bias"])
            (wide,) = self._add("Gelu", [wide], [name + "wide"], domain=_CONTRIB)
            narrow = self._product(wide, matrix["last"], self.weights[f"{name}output.dense.bias"])
            hidden = self._normalised(narrow, hidden, f"{name}output.LayerNorm")
        (scores,) = self._add("MatMul", [hidden, self._constant("classifier", next(products))], ["scores"])
        self._add("Add", [scores, self._constant("classifier.bias", self.weights["classifier.bias"])], ["logits"])
        if next(products, None) is not None:
            raise ValueError("more layers than expected")

    def _embed(self) -> str:
        """Sum of the three tables, normalised; the text is always of the first token type."""

        def table(name: str) -> tuple[NDArray[Any], NDArray[np.float32], NDArray[Any]]:
            found = self.weights[f"bert.embeddings.{name}_embeddings.weight_quantized"]
            scale = self.weights[f"bert.embeddings.{name}_embeddings.weight_scale"]
            zero = self.weights[f"bert.embeddings.{name}_embeddings.weight_zero_point"]
            return found, scale, zero

        words, scale, zero = table("word")
        looked_up = [self._constant("words", words), "input_ids"]
        self._add("Gather", looked_up, ["word_levels"])
        quantised = ["word_levels", self._constant("words.scale", scale), self._constant("words.zero", zero)]
        self._add("DequantizeLinear", quantised, ["word_vectors"])
        fixed = [
            (levels.astype(np.float32) - zero.astype(np.float32)) * scale
            for levels, scale, zero in map(table, ("position", "token_type"))
        ]
        places = self._constant("places", (fixed[0] + fixed[1][:1])[None])
        self._add("Shape", ["input_ids"], ["count"], start=1, end=2)
        ends = [self._constant("zero", np.zeros(1, np.int64)), "count", self._constant("axis", np.ones(1, np.int64))]
        self._add("Slice", [places, *ends], ["place_vectors"])
        return self._normalised("word_vectors", "place_vectors", "bert.embeddings.LayerNorm")

    def _product(self, given: str, matrix: NDArray[np.float32], bias: NDArray[np.float32], name: str = "") -> str:
        name = name or f"product_{len(self._nodes)}"
        scale = (np.abs(matrix).max(axis=0) / _LEVELS).astype(np.float32)
        levels = np.rint(matrix / scale).astype(np.int8)
        inputs = [given, self._constant(f"{name}.levels", levels), self._constant(f"{name}.scale", scale)]
        inputs += [self._constant(f"{name}.zero", np.zeros(len(scale), np.int8)), self._constant(f"{name}.bias", bias)]
        return self._add("DynamicQuantizeMatMul", inputs, [name], domain=_CONTRIB)[0]

    def _normalised(self, given: str, skipped: str, norm: str) -> str:
        scales = [self._constant(f"{norm}.{kind}", self.weights[f"{norm}.{kind}"]) for kind in ("weight", "bias")]
        inputs = [given, skipped, *scales]
        return self._add("SkipLayerNormalization", inputs, [norm], domain=_CONTRIB, epsilon=_EPSILON)[0]

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        self._constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _add(self, kind: str, inputs: list[str], outputs: list[str], **settings: Any) -> list[str]:
        self._nodes.append(self._onnx.helper.make_node(kind, inputs, outputs, **settings))
        return outputs

    def model(self) -> Any:
        helper, types = self._onnx.helper, self._onnx.TensorProto
        ids = helper.make_tensor_value_info("input_ids", types.INT64, [1, "tokens"])
        logits = helper.make_tensor_value_info("logits", types.FLOAT, [1, "tokens", None])
        graph = helper.make_graph(self._nodes, "rampart", [ids], [logits], self._constants)
        versions = [helper.make_opsetid("", 18), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=10)
