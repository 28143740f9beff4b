"""Every family's graph against transformers on a two-layer random model, and configurations that are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.export.conftest import CONTEXT
from tests.export.folder import FAMILIES, VOCABULARY, WINDOW, write_folder
from upcall.edge_runtime.engines.onnx_runtime import OnnxEngine
from upcall.edge_runtime.errors import ModelError
from upcall.export.families import shape_from_config, tensor_name, weight_name
from upcall.export.graph import build_graph, joined, save_graph
from upcall.export.parity import check_float_cache, check_float_graph
from upcall.export.reference import Reference
from upcall.export.safetensors_folder import read_folder
from upcall.export.source import MAX_CONTEXT


@pytest.mark.parametrize("family", FAMILIES)
def test_the_graph_computes_what_transformers_computes(family: str, tmp_path: Path) -> None:
    source = read_folder(write_folder(tmp_path / family, family))
    path = tmp_path / "model.onnx"
    save_graph(build_graph(joined(source.weights, source.shape), source.shape), path, external=False)
    engine = OnnxEngine(path, context_length=CONTEXT, vocabulary_size=VOCABULARY, threads=1)
    random = np.random.default_rng(0)
    # Around the window of local layers, and well beyond it and the context before stretching.
    prompts = [random.integers(0, VOCABULARY, count).tolist() for count in (3, WINDOW, WINDOW + 1, WINDOW + 2, 200)]
    checks = check_float_graph(engine, Reference(source, cache=tmp_path / "cache"), prompts)
    checks.append(check_float_cache(engine, prompts))
    assert max(check.value for check in checks) < 1e-5  # a hundredth of what an export allows
    engine.close()


def test_a_wrong_configuration_would_show(tmp_path: Path) -> None:
    """The reference reads the folder for itself: a shape that we misread differs from it."""
    source = read_folder(write_folder(tmp_path / "gemma3", "gemma3"))
    fields = {name: getattr(source.shape, name) for name in source.shape.__slots__}
    prompt = [np.random.default_rng(0).integers(0, VOCABULARY, 60).tolist()]
    reference = Reference(source, cache=tmp_path / "cache")
    for changes in (
        {"window": WINDOW + 1},
        {"local_rope_base": 1e6},
        {"attention_scale": 0.0},
        {"embedding_scale": 1.0},
    ):
        shape = type(source.shape)(**(fields | changes))
        path = tmp_path / "model.onnx"
        save_graph(build_graph(joined(source.weights, shape), shape), path, external=False)
        engine = OnnxEngine(path, context_length=CONTEXT, vocabulary_size=VOCABULARY, threads=1)
        with pytest.raises(ModelError, match="float32 graph vs PyTorch"):
            check_float_graph(engine, reference, prompt)
        engine.close()


def test_half_precision_weights_are_widened(tmp_path: Path) -> None:
    source = read_folder(write_folder(tmp_path / "qwen3", "qwen3", dtype=torch.bfloat16))
    assert {weight.dtype for weight in source.weights.values()} == {np.dtype(np.float32)}
    full = read_folder(write_folder(tmp_path / "full", "qwen3"))
    np.testing.assert_allclose(source.weights["1.q"], full.weights["1.q"], rtol=2**-8)


@pytest.mark.parametrize("name", ["embedding", "head", "final_norm", "1.q_norm", "0.mlp_norm", "11.down", "0.k_bias"])
def test_names_go_both_ways(name: str) -> None:
    assert weight_name(tensor_name(name), "qwen3") == name


@pytest.mark.parametrize(
    "name", ["model.layers.x.mlp.up_proj.weight", "model.layers.1.experts.0.weight", "vision.weight"]
)
def test_unknown_tensors_have_no_name(name: str) -> None:
    assert weight_name(name, "llama") is None


PLAIN: dict[str, Any] = {
    "model_type": "llama",
    "hidden_act": "silu",
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_attention_heads": 4,
    "vocab_size": 300,
    "max_position_embeddings": 131_072,
}


def test_a_long_context_is_cut() -> None:
    assert shape_from_config(PLAIN).context == MAX_CONTEXT


def test_older_gemma_files_name_a_pattern() -> None:
    gemma = {
        "model_type": "gemma3_text",
        "hidden_activation": "gelu_pytorch_tanh",
        "num_hidden_layers": 13,
        "query_pre_attn_scalar": 256,
        "sliding_window": 512,
        "rope_local_base_freq": 10_000,
    }
    assert shape_from_config(PLAIN | gemma).global_layers == (5, 11)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"model_type": "mamba"}, "Allowed: llama, qwen2, qwen3, gemma3_text"),
        ({"model_type": "gemma3"}, "'gemma3'"),
        ({"hidden_act": "relu"}, "activation 'relu'"),
        ({"attention_bias": True}, "attention_bias"),
        ({"use_sliding_window": True}, "use_sliding_window"),
        ({"final_logit_softcapping": 30.0}, "final_logit_softcapping"),
        ({"quantization_config": {"quant_method": "gptq"}}, "quantization_config"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}, "'yarn'"),
        ({"num_hidden_layers": 0}, "num_hidden_layers = 0"),
        ({"hidden_size": "64"}, "hidden_size = 64"),
    ],
)
def test_other_decoders_are_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ModelError, match=text):
        shape_from_config(PLAIN | changes)
