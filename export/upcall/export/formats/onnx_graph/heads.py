"""Router heads as ONNX graphs beside ``model.onnx``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from upcall.edge_runtime.errors import require
from upcall.routing.heads.router_head import RouterHead

_OPSET, _IR_VERSION = 18, 10


def save_head_graph(head: RouterHead, folder: Path) -> None:
    """Write ``route_pre.onnx`` or ``route_post.onnx``: ``features`` [1, F] → ``score`` [1], float32."""
    onnx, helper = require("onnx", extra="export"), require("onnx.helper", extra="export")
    constants: dict[str, Any] = {"all": np.array([-1])}
    nodes: list[Any] = []

    def node(kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{kind}_{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    value = "features"
    for number, (weight, bias) in enumerate(head.layers):
        constants |= {f"{number}.weight": weight, f"{number}.bias": bias}
        value = node("Relu", value) if number else value
        value = node("Gemm", value, f"{number}.weight", f"{number}.bias", transB=1)
    if head.layers:  # ln σ(z) = −ln(1 + e^−z)
        value = node("Neg", node("Softplus", node("Neg", value)))
    else:
        constants |= {"index": np.array([head.passed_index]), "zero": np.array(0, dtype=np.float32)}
        value = node("Min", node("Gather", value, "index", axis=1), "zero")
    node("Reshape", value, "all", output="score")
    to_tensor = require("onnx.numpy_helper", extra="export").from_array
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        head.stage.method,
        [helper.make_tensor_value_info("features", kind, [1, head.feature_count])],
        [helper.make_tensor_value_info("score", kind, [1])],
        [to_tensor(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", _OPSET)]
    onnx.save_model(
        helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION),
        str(folder / f"{head.stage.method}.onnx"),
    )
