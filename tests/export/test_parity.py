from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from upcall.edge_runtime.testing import BYTE_VOCABULARY_SIZE, ScriptedEngine
from upcall.export.parity import GREEDY_TOKENS, greedy_texts
from upcall.export.reference import Reference


def following(tokens: Sequence[int]) -> int:
    return (7 * tokens[-1] + len(tokens)) % BYTE_VOCABULARY_SIZE


class Scripted:
    """A float32 model that chooses as the engine does, but for one length of text."""

    def __init__(self, *, other_at: int) -> None:
        self._other_at = other_at

    def all_logits(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        logits = np.zeros((len(tokens), BYTE_VOCABULARY_SIZE), dtype=np.float32)
        for row in range(len(tokens)):
            choice = following(tokens[: row + 1])
            logits[row, choice] = 1.0
            if row + 1 == self._other_at:
                logits[row, (choice + 1) % BYTE_VOCABULARY_SIZE] = 1.5
        return logits


@pytest.mark.parametrize(
    ("other_at", "place"), [(3, 1), (7, 5), (3 + GREEDY_TOKENS - 1, 32), (3 + GREEDY_TOKENS, None), (2, None)]
)
def test_where_a_text_parts(other_at: int, place: int | None) -> None:
    engine = ScriptedEngine(lambda tokens: (following(tokens), 0.9))
    reference = cast(Reference, Scripted(other_at=other_at))
    same, share, *parted = greedy_texts(engine, reference, [[5, 6, 7]])
    assert (same.value, same.unit) == (float(place is None), "of 1")
    assert share.value == pytest.approx(1 - (place is not None) / GREEDY_TOKENS)
    assert [(row.name.split(" token ")[1].split(",")[0], row.value) for row in parted] == (
        [] if place is None else [(str(place), 0.5)]
    )
