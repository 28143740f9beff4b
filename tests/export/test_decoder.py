"""The PyTorch decoder against transformers'."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tests.export.decoders import ours, theirs, tiny_shape
from upcall.edge_runtime.errors import ModelError
from upcall.export.decoder import Decoder, EagerEngine
from upcall.export.source import DecoderShape

CONTEXT = 24
TOKENS = [int(token) for token in np.random.default_rng(1).integers(0, 258, size=CONTEXT)]
Pair = tuple[EagerEngine, Any, DecoderShape]


@pytest.fixture(scope="module", params=[("llama", True), ("qwen2", False)], ids=["llama, tied", "qwen2, own head"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    architecture, tied = request.param
    shape = tiny_shape(architecture, context=CONTEXT)
    reference = theirs(shape, tied=tied, cache=tmp_path_factory.mktemp("transformers"))
    return EagerEngine(Decoder(ours(reference, shape, tied=tied), shape)), reference, shape


def test_outputs_are_those_of_transformers(pair: Pair) -> None:
    engine, reference, shape = pair
    engine.truncate(0)
    step = engine.forward(TOKENS)
    with torch.inference_mode():
        output = reference.model(torch.tensor([TOKENS]), output_hidden_states=True, use_cache=False)
        normal = output.last_hidden_state[0]
        logits = reference.lm_head(normal[-1])
    np.testing.assert_allclose(step.logits, logits.numpy(), atol=1e-5)
    np.testing.assert_allclose(step.hidden_last, normal[-1].numpy(), atol=1e-5)
    np.testing.assert_allclose(step.hidden_sum, normal.sum(0).numpy(), atol=1e-4)
    np.testing.assert_allclose(step.hidden_mid, output.hidden_states[shape.middle_layer][0, -1].numpy(), atol=1e-5)


def test_chunks_and_a_cache_that_was_cut_back(pair: Pair) -> None:
    engine = pair[0]
    engine.truncate(0)
    whole = engine.forward(TOKENS).logits.copy()
    engine.truncate(0)
    engine.forward([7] * CONTEXT)
    engine.truncate(0)
    for start, end in ((0, 5), (5, 6), (6, CONTEXT)):
        step = engine.forward(TOKENS[start:end])
    np.testing.assert_allclose(step.logits, whole, atol=1e-5)


def test_other_architectures_are_refused() -> None:
    with pytest.raises(ModelError, match="llama, qwen2 for ExecuTorch"):
        Decoder({}, replace(tiny_shape("llama", context=8), architecture="gemma3_text"))
