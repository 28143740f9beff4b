"""The PyTorch decoder against transformers'."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.export.decoders import tiny_decoder, tiny_source
from tests.export.folder import FAMILIES, VOCABULARY, WINDOW
from upcall.export.checks.parity import check_float, check_float_cache
from upcall.export.checks.reference import Reference
from upcall.export.formats.program.decoder import EagerEngine

BLOCK = 512  # places that the kernel of attention takes at a time


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Many times faster after a test that gave ExecuTorch's pool one thread: PyTorch then shares out each small product."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def prompt(count: int) -> list[int]:
    return [int(token) for token in np.random.default_rng(count).integers(0, VOCABULARY, size=count)]


@pytest.mark.parametrize("family", FAMILIES)
def test_outputs_are_those_of_transformers(family: str, tmp_path: Path) -> None:
    source = tiny_source(tmp_path, family)
    engine = EagerEngine(tiny_decoder(source))
    # Around the window of local layers, and so long that it lies outside the first block of places.
    prompts = [prompt(count) for count in (3, WINDOW, WINDOW + 1, WINDOW + 2, BLOCK + WINDOW + 20)]
    checks = check_float(engine, Reference(source, cache=tmp_path / "cache"), prompts, of="tiny")
    checks.append(check_float_cache(engine, prompts, of="tiny"))
    assert max(check.value for check in checks) < 1e-5  # a hundredth of what an export allows


@pytest.mark.parametrize("family", FAMILIES)
def test_a_cache_that_was_cut_back(family: str, tmp_path: Path) -> None:
    tokens = prompt(3 * WINDOW)
    engine = EagerEngine(tiny_decoder(tiny_source(tmp_path, family, max_position_embeddings=len(tokens))))
    whole = engine.forward(tokens).logits.copy()
    engine.truncate(0)
    engine.forward([7] * len(tokens))
    engine.truncate(0)
    engine.forward(tokens[:5])
    engine.forward([7] * (2 * WINDOW))
    engine.truncate(5)
    for token in tokens[5:]:
        step = engine.forward([token])
    np.testing.assert_allclose(step.logits, whole, atol=1e-5)
