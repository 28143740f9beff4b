"""Writes the tiny bundle of the tests to a folder that does not exist yet, with a graph of an earlier contract beside it."""

from __future__ import annotations

import sys
from pathlib import Path

import onnx

from tests.tiny_bundle import write_tiny_bundle, write_tiny_graph
from upcall.edge_runtime.bundle import MODEL_ONNX


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    graph = write_tiny_graph(folder)
    bundle = write_tiny_bundle(folder / "bundle", graph=graph)
    model = onnx.load(bundle / MODEL_ONNX)
    model.graph.node.add(op_type="Identity", input=["hidden_last"], output=["hidden_sum"])
    model.graph.output.append(onnx.helper.make_tensor_value_info("hidden_sum", onnx.TensorProto.FLOAT, [1, 8]))
    onnx.save(model, folder / "earlier.onnx")


if __name__ == "__main__":
    main()
