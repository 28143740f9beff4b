from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tests.tiny_bundle import HIDDEN
from upcall.edge_runtime.engines.onnx_runtime import OnnxEngine
from upcall.edge_runtime.errors import EngineError
from upcall.edge_runtime.testing import BYTE_VOCABULARY_SIZE


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
    with pytest.raises(EngineError, match="not a graph that this version of Upcall runs"):
        OnnxEngine(path, context_length=8, vocabulary_size=8)


@pytest.mark.parametrize("spoil", ["logits of the last token alone", "an output more"])
def test_a_graph_of_an_earlier_contract_is_to_be_made_again(tiny_graph: Path, tmp_path: Path, spoil: str) -> None:
    model = onnx.load(tiny_graph)
    if spoil == "an output more":
        model.graph.node.add(op_type="Identity", input=["hidden_last"], output=["hidden_sum"])
        model.graph.output.append(helper.make_tensor_value_info("hidden_sum", TensorProto.FLOAT, [1, HIDDEN]))
    else:
        next(node for node in model.graph.node if "logits" in node.output).input[0] = "hidden_last"
        logits = next(value for value in model.graph.output if value.name == "logits")
        del logits.type.tensor_type.shape.dim[1]
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    with pytest.raises(EngineError, match="upcall export"):
        OnnxEngine(path, context_length=8, vocabulary_size=BYTE_VOCABULARY_SIZE)


def test_the_cache_grows_and_keeps_what_it_holds(tiny_graph: Path) -> None:
    tokens = [7 * place % BYTE_VOCABULARY_SIZE for place in range(700)]
    engine, at_once = (
        OnnxEngine(tiny_graph, context_length=700, vocabulary_size=BYTE_VOCABULARY_SIZE, threads=1) for _ in range(2)
    )
    for start in range(0, 700, 100):
        step = engine.forward(tokens[start : start + 100])
    np.testing.assert_allclose(step.logits, at_once.forward(tokens).logits, atol=1e-5)
    engine.truncate(5)
    at_once.truncate(0)
    at_once.forward(tokens[:5])
    np.testing.assert_allclose(engine.forward([3]).logits, at_once.forward([3]).logits, atol=1e-5)


def test_without_memory_to_grow_the_cache_stays_as_it_was(tiny_graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = OnnxEngine(tiny_graph, context_length=4096, vocabulary_size=BYTE_VOCABULARY_SIZE)
    engine.forward([1, 2, 3])
    expected = engine.forward([4]).logits.copy()
    engine.truncate(3)

    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch, pytest.raises(EngineError, match="no memory for a context"):
        patch.setattr(np, "zeros", refuse)
        engine.forward([5] * 3000)
    assert engine.position == 3
    assert np.array_equal(engine.forward([4]).logits, expected)
    engine.close()
