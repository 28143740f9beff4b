from __future__ import annotations

import pytest

from upcall.edge_runtime.language_model.generation import shared_beginning


@pytest.mark.parametrize(
    ("one", "other", "shared"), [([], [], 0), ([1, 2], [1, 2, 3], 2), ([1, 2], [1, 3], 1), ([1], [2], 0)]
)
def test_shared_beginning(one: list[int], other: list[int], shared: int) -> None:
    assert shared_beginning(one, other) == shared
