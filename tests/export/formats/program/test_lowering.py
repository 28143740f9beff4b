"""What the ExecuTorch program gives against what PyTorch gives, on one or two layers with random weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from tests.export.decoders import tiny_decoder, tiny_source
from tests.export.folder import VOCABULARY
from upcall.edge_runtime.engines.executorch_program import ExecuTorchEngine
from upcall.edge_runtime.errors import EngineError
from upcall.export.formats.program.decoder import EagerEngine
from upcall.export.formats.program.lowering import Int4Embedding, lower, quantise_decoder

CONTEXT = 24  # beyond the window of local layers
TOKENS = [int(token) for token in np.random.default_rng(1).integers(0, VOCABULARY, size=CONTEXT)]


@dataclass(frozen=True)
class Case:
    """A program, what it was lowered from, and how far they may be apart.

    Activations in 8 bits are rounded by other code on either side; a value between two steps may fall to one or the other.
    """

    eager: EagerEngine
    program: ExecuTorchEngine
    tolerance: float


@pytest.fixture(scope="module", params=[False, True], ids=["float32", "4 bits"])
def quantised(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module", params=["llama3", "qwen2", "qwen3", "gemma3", "sizes that fill no group"])
def case(request: pytest.FixtureRequest, quantised: bool, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("lowering")
    # Lowering takes seconds a layer: two, a local and a global one, only where they differ, and once.
    layers = 2 if request.param == "gemma3" and not quantised else 1
    changes = {"max_position_embeddings": CONTEXT, "num_hidden_layers": layers}
    family = request.param
    if family == "sizes that fill no group":
        family, changes = "llama3", changes | {"hidden_size": 80, "intermediate_size": 100}
    decoder = tiny_decoder(tiny_source(folder, family, **changes))
    if quantised:
        quantise_decoder(decoder, [TOKENS])
    path = folder / "model.pte"
    path.write_bytes(lower(decoder))
    program = ExecuTorchEngine(path, context_length=CONTEXT, vocabulary_size=VOCABULARY, threads=1)
    return Case(EagerEngine(decoder), program, 0.15 if quantised else 1e-4)


@pytest.mark.parametrize("sizes", [[CONTEXT], [1, 2, 3, 7, *[1] * 11]])
def test_the_program_is_the_decoder(case: Case, sizes: list[int]) -> None:
    for engine in (case.eager, case.program):
        engine.truncate(0)
    start = 0
    for size in sizes:
        chunk = TOKENS[start : start + size]
        wanted, found = case.eager.forward(chunk), case.program.forward(chunk)
        for name in ("last_logits", "hidden_last", "hidden_mid"):
            reach = case.tolerance * max(1.0, float(np.abs(getattr(wanted, name)).max()))
            np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), atol=reach, err_msg=name)
        start += size


def test_a_cache_that_was_cut_back(case: Case) -> None:
    program = case.program
    program.truncate(0)
    whole = program.forward(TOKENS).logits.copy()
    program.truncate(0)
    program.forward([9] * CONTEXT)
    program.truncate(0)
    program.forward(TOKENS[:10])
    program.forward([9] * 5)
    program.truncate(10)
    np.testing.assert_allclose(program.forward(TOKENS[10:]).logits, whole, atol=case.tolerance)


def test_the_cache_ends_where_the_manifest_says(case: Case) -> None:
    case.program.truncate(0)
    case.program.forward([1] * CONTEXT)
    with pytest.raises(EngineError, match=str(CONTEXT)):
        case.program.forward([1])
    assert case.program.position == CONTEXT


def test_rows_of_the_embedding_are_near_whatever_the_size_of_a_column() -> None:
    weight = torch.randn(50, 64, generator=torch.Generator().manual_seed(0)) * torch.logspace(-0.5, 0.5, 64)
    found = Int4Embedding(weight)(torch.arange(50)[None])[0]
    losses = (found - weight).square().mean(0).sqrt() / weight.square().mean(0).sqrt()
    assert float(losses.mean()) < 0.15
    assert not Int4Embedding(torch.zeros(2, 32))(torch.zeros(1, 1, dtype=torch.int64)).any()
