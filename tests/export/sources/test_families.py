"""Every family's graph against transformers on a two-layer random model, and configurations that are refused."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.export.conftest import CONTEXT
from tests.export.folder import FAMILIES, VOCABULARY, WINDOW, write_folder
from upcall.edge_runtime.engines.onnx_runtime import OnnxEngine
from upcall.edge_runtime.engines.verification import next_token_distance
from upcall.edge_runtime.errors import ModelError
from upcall.export.checks.parity import check_float, check_float_cache
from upcall.export.checks.reference import Reference
from upcall.export.formats.onnx_graph.format import OnnxFormat
from upcall.export.formats.onnx_graph.graph import build_graph, save_graph
from upcall.export.sources.families import shape_from_config, tensor_name, weight_name
from upcall.export.sources.model import MAX_CONTEXT
from upcall.export.sources.safetensors_folder import read_folder
from upcall.export.sources.weights import joined


@pytest.mark.parametrize("family", FAMILIES)
def test_the_graph_computes_what_transformers_computes(family: str, tmp_path: Path) -> None:
    source = read_folder(write_folder(tmp_path / family, family))
    path = tmp_path / "model.onnx"
    save_graph(build_graph(joined(source.weights, source.shape), source.shape), path, external=False)
    engine = OnnxEngine(path, context_length=CONTEXT, vocabulary_size=VOCABULARY, threads=1)
    random = np.random.default_rng(0)
    # Around the window of local layers, and well beyond it and the context before stretching.
    prompts = [random.integers(0, VOCABULARY, count).tolist() for count in (3, WINDOW, WINDOW + 1, WINDOW + 2, 200)]
    checks = check_float(engine, Reference(source, cache=tmp_path / "cache"), prompts, of="tiny")
    checks.append(check_float_cache(engine, prompts, of="tiny"))
    assert max(check.value for check in checks) < 1e-5  # a hundredth of what an export allows
    engine.close()


STRANGE: dict[str, tuple[str, dict[str, Any]]] = {
    "one layer": ("llama", {"num_hidden_layers": 1}),
    "one layer of a family with post-norms": ("gemma3", {"num_hidden_layers": 1}),
    "widths that fill no group": ("qwen3", {"hidden_size": 72, "intermediate_size": 100}),
    "heads of 20": ("llama3", {"hidden_size": 80, "intermediate_size": 200}),
    "normalised heads of 24": ("qwen3", {"head_dim": 24}),
    "heads of 10 with a window": ("gemma3", {"head_dim": 10, "hidden_size": 40, "intermediate_size": 50}),
    "heads of 2 with biases": ("qwen2", {"hidden_size": 8, "intermediate_size": 33}),
    "an odd vocabulary": ("llama", {"vocab_size": 271}),
    "one head of keys and values": ("llama", {"num_key_value_heads": 1}),
    "slow rotations": ("llama", {"rope_theta": 1e12}),
}


@pytest.mark.parametrize("strange", STRANGE)
def test_strange_decoders_are_exact_in_float32_and_hold_in_8_bits(strange: str, tmp_path: Path) -> None:
    family, changes = STRANGE[strange]
    source = read_folder(write_folder(tmp_path / family, family, changes=changes))
    vocabulary = source.shape.vocabulary
    reference = Reference(source, cache=tmp_path / "cache")
    random = np.random.default_rng(0)
    prompts = [random.integers(0, vocabulary, count).tolist() for count in (1, 3, WINDOW + 2, 70)]
    form = OnnxFormat()
    source = form.fit(source, context_length=CONTEXT)
    weights = joined(source.weights, source.shape)
    wide = form.wide(weights, source.shape, tmp_path)
    checks = check_float(wide, reference, prompts, of="tiny")
    checks.append(check_float_cache(wide, prompts, of="tiny"))
    assert max(check.value for check in checks) < 2e-5
    for bits, most in ((8, 0.05), (4, 0.5)):
        path = tmp_path / f"{bits}.onnx"
        form.save(
            weights,
            source.shape,
            path,
            bits=bits,
            samples=prompts,
            head_products=partial(reference.head_products, prompts),
        )
        engine = form.open(path, context_length=CONTEXT, vocabulary_size=vocabulary)
        for prompt in prompts:
            engine.truncate(0)
            assert next_token_distance(engine.forward(prompt).logits, reference.step(prompt).logits) < most
        engine.close()
    wide.close()


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
        with pytest.raises(ModelError, match="tiny vs PyTorch"):
            check_float(engine, reference, prompt, of="tiny")
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
