"""A whole device bundle, tiny and real, for tests in every language."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
from google.protobuf import json_format
from onnx import TensorProto, helper, numpy_helper

from upcall.edge_runtime.bundle import MANIFEST, MODEL_ONNX, SCHEMA_VERSION, TOKENIZER, file_sha256
from upcall.edge_runtime.conversation import Role
from upcall.edge_runtime.language_model.engine import MAX_LOGIT_ROWS, RouterStage
from upcall.edge_runtime.testing import (
    BYTE_VOCABULARY_SIZE,
    CHATML,
    TURN_END,
    TURN_END_ID,
    TURN_START,
    write_byte_tokenizer,
)
from upcall.export.formats.onnx_graph.heads import save_head_graph
from upcall.protocol.v1 import bundle_pb2
from upcall.routing.heads.router_head import untrained

HIDDEN = 8


def write_tiny_graph(folder: Path) -> Path:
    """Write a graph with the inputs and outputs of an Upcall model: its attention takes the mean of all embeddings so far."""
    float32, int32, int64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64
    generator = np.random.default_rng(0)
    constants = {
        "embedding": generator.normal(size=(BYTE_VOCABULARY_SIZE, HIDDEN)).astype(np.float32),
        "head": generator.normal(size=(HIDDEN, BYTE_VOCABULARY_SIZE)).astype(np.float32),
        "axis_0": np.array([0], dtype=np.int64),
        "axis_1": np.array([1], dtype=np.int64),
        "first_row": np.array([-MAX_LOGIT_ROWS], dtype=np.int64),
        "no_end": np.array([np.iinfo(np.int64).max]),
        "minus_one": np.array(-1, dtype=np.int64),
        "one": np.array([1], dtype=np.int32),
        "nothing": np.array(0, dtype=np.float32),
        "half": np.array(0.5, dtype=np.float32),
    }
    past = ["past_key_values.0.key", "past_key_values.0.value"]
    present = ["present.0.key", "present.0.value"]
    nodes = [
        helper.make_node("Gather", ["embedding", "input_ids"], ["x"]),
        helper.make_node("Mul", ["x", "nothing"], ["query"]),
        helper.make_node("Shape", ["input_ids"], ["count"], start=1, end=2),
        helper.make_node("Add", ["position", "count"], ["end"]),
        helper.make_node("Cast", ["end"], ["end_32"], to=int32),
        helper.make_node("Sub", ["end_32", "one"], ["last_position"]),
        helper.make_node("Squeeze", ["end_32", "axis_0"], ["total"]),
        helper.make_node(
            "GroupQueryAttention",
            ["query", "x", "x", *past, "last_position", "total"],
            ["mean", *present],
            domain="com.microsoft",
            num_heads=1,
            kv_num_heads=1,
        ),
        helper.make_node("Gather", ["mean", "minus_one"], ["hidden_last"], axis=1),
        helper.make_node("Mul", ["hidden_last", "half"], ["hidden_mid"]),
        helper.make_node("Slice", ["mean", "first_row", "no_end", "axis_1"], ["last"]),
        helper.make_node("MatMul", ["last", "head"], ["logits"]),
    ]
    cache = [1, 1, "M", HIDDEN]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info("input_ids", int64, [1, "T"]),
            helper.make_tensor_value_info("position", int64, [1]),
            *(helper.make_tensor_value_info(name, float32, cache) for name in past),
        ],
        [
            helper.make_tensor_value_info("logits", float32, [1, "R", BYTE_VOCABULARY_SIZE]),
            *(helper.make_tensor_value_info(f"hidden_{name}", float32, [1, HIDDEN]) for name in ("last", "mid")),
            *(helper.make_tensor_value_info(name, float32, cache) for name in present),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    path = folder / MODEL_ONNX
    onnx.save(
        helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)], ir_version=10
        ),
        path,
    )
    save_head_graph(untrained(RouterStage.POST, hidden_size=HIDDEN), path.parent)
    return path


def write_tiny_bundle(path: Path, *, graph: Path) -> Path:
    """Write a whole and valid bundle of that graph. What it says is noise."""
    path.mkdir()
    head = untrained(RouterStage.POST, hidden_size=HIDDEN)
    files = [MODEL_ONNX, f"{head.stage.method}.onnx"]
    for name in files:
        shutil.copy(graph.with_name(name), path / name)
    write_byte_tokenizer(path / TOKENIZER)
    system, user, assistant = (
        bundle_pb2.RoleFormat(prefix=f"{TURN_START}{role}\n", suffix=f"{TURN_END}\n")
        for role in (Role.SYSTEM, Role.USER, Role.ASSISTANT)
    )
    manifest = bundle_pb2.BundleManifest(
        schema_version=SCHEMA_VERSION,
        stop_token_ids=[TURN_END_ID],
        shape=bundle_pb2.ModelShape(context_length=512, vocabulary_size=BYTE_VOCABULARY_SIZE, hidden_size=HIDDEN),
        chat_template=bundle_pb2.ChatTemplate(
            system=system, user=user, assistant=assistant, generation_prefix=CHATML.generation_prefix
        ),
        threshold=bundle_pb2.Threshold(signal=bundle_pb2.SIGNAL_MEAN_LOG_PROB, value=-0.5),
        router_heads=[head.described()],
    )
    for name in (*files, TOKENIZER):
        file = path / name
        manifest.files.add(path=name, size_bytes=file.stat().st_size, sha256=file_sha256(file))
    (path / MANIFEST).write_text(json_format.MessageToJson(manifest), encoding="utf-8")
    return path
