"""Splits are seeded, and equal prompts stay together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.routing.outcomes import two_tiers
from upcall.edge_runtime.errors import InputError
from upcall.routing.tables.outcome_table import Split
from upcall.routing.tables.splits import halves, splits_of


def test_splits_are_seeded_and_keep_equal_prompts_together() -> None:
    keys = [f"prompt {row % 100}" for row in range(300)]
    splits = splits_of(keys, seed=1)
    assert splits == splits_of(keys, seed=1)
    assert splits != splits_of(keys, seed=2)
    assert all(len({splits[row], splits[row + 100], splits[row + 200]}) == 1 for row in range(100))
    assert [splits.count(own) for own in Split] == [120, 90, 90]
    for shares in ([0.5, 0.5, 0.5], [1.0, 0.0, 0.0], [0.5, 0.5]):
        with pytest.raises(InputError, match="sum to 1"):
            splits_of(keys, shares=shares)


def test_halves_share_no_prompt() -> None:
    table = two_tiers(900)
    twice = replace(table, prompts=tuple(f"p{place // 2}" for place in range(len(table))))
    first, second = halves(twice, seed=0)
    assert not set(first.prompts) & set(second.prompts)
    assert len(first) + len(second) == len(twice)
