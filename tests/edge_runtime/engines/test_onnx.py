from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from upcall.edge_runtime.engines.onnx import OnnxEngine
from upcall.edge_runtime.errors import EngineError


def test_a_damaged_graph(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a graph")
    with pytest.raises(EngineError, match="cannot load"):
        OnnxEngine(path, context_length=8, vocabulary_size=8)


def test_a_graph_of_something_else(tmp_path: Path) -> None:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    other = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "other", [value], [other])
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    with pytest.raises(EngineError, match="not an Upcall graph"):
        OnnxEngine(path, context_length=8, vocabulary_size=8)
