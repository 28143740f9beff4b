"""Sizes that no decoder has, and weights that are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from upcall.edge_runtime.errors import ModelError
from upcall.export.sources.model import DecoderShape, check_finite, check_shape

SHAPE = DecoderShape("llama", 2, 64, 96, 4, 2, 16, 300, 2048, rope_base=10_000.0, norm_epsilon=1e-5)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"layers": 0}, "layers are 0"),
        ({"kv_heads": 0, "vocabulary": 0}, "kv_heads, vocabulary are 0"),
        ({"kv_heads": 3}, "4 heads and 3 of keys and values"),
        ({"head_size": 17}, "heads have 17 numbers"),
        ({"rope_base": 0.0}, "rotary positions is 0"),
        ({"rope_base": float("inf")}, "rotary positions is inf"),
        ({"norm_epsilon": float("nan")}, "norms is nan"),
        ({"window": 8, "local_rope_base": 0.0}, "in local layers is 0"),
    ],
)
def test_absurd_shapes_are_refused(changes: dict[str, object], text: str) -> None:
    check_shape(SHAPE)
    with pytest.raises(ModelError, match=text):
        check_shape(replace(SHAPE, **changes))  # type: ignore[arg-type]  # a dictionary has one type


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_counted(value: float) -> None:
    weight = np.ones((4, 8), dtype=np.float32)
    check_finite(weight, tensor="a.weight", name="model.gguf")
    weight[1, 2:5] = value
    with pytest.raises(ModelError, match=r"'a\.weight' of model\.gguf has 3 numbers"):
        check_finite(weight, tensor="a.weight", name="model.gguf")
