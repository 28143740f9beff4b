"""The model in PyTorch, with its cache and without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.export.decoders import tiny_source
from upcall.export.checks.reference import Reference


@pytest.mark.parametrize("family", ["qwen2", "gemma3"])
def test_what_is_shared_is_not_computed_again_and_the_same(family: str, tmp_path: Path) -> None:
    source = tiny_source(tmp_path, family)
    reference = Reference(source, cache=tmp_path / "cache")
    tokens = [3 * place % 50 + 1 for place in range(24)]
    for text, count in ((tokens, 3), ([*tokens[:20], 5, 6], 2), (tokens, 24), (tokens[:4], 1), ([9, 8, 7], 2)):
        whole = reference.all_logits(text)[-count:]
        np.testing.assert_allclose(reference.logits_after(text, count=count), whole, atol=1e-4)


def test_head_products_are_those_of_the_last_hidden_states(tmp_path: Path) -> None:
    source = tiny_source(tmp_path, "llama")
    reference = Reference(source, cache=tmp_path / "cache")
    samples = [[1, 2, 3], [4]]
    inputs = [reference.step(text).hidden_last for text in ([1], [1, 2], [1, 2, 3], [4])]
    np.testing.assert_allclose(
        reference.head_products(samples), sum(np.outer(one, one) for one in inputs), rtol=1e-4, atol=1e-4
    )
