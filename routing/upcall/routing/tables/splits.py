"""Which query is for what: splits at random, in which equal prompts stay together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from upcall.edge_runtime.errors import InputError
from upcall.routing.tables.outcome_table import OutcomeTable, Split

SHARES = (0.4, 0.3, 0.3)
"""Of queries in train, calibration and test."""


def splits_of(keys: Sequence[str], *, shares: Sequence[float] = SHARES, seed: int = 0) -> list[str]:
    """[N] splits at random. Equal keys (a prompt that comes twice) are in the same, so that nothing is tested on what was seen.

    Args:
        keys: [N].
        shares: of train, calibration and test; they sum to 1.
        seed: same seed, same splits.

    Raises:
        InputError: the shares are not three that sum to 1, or a split would be empty.
    """
    if len(shares) != 3 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
        raise InputError(f"The shares are {list(shares)}.", allowed="three above 0 that sum to 1, such as 0.4 0.3 0.3")
    unique = list(dict.fromkeys(keys))
    counts = [round(len(unique) * share) for share in shares[:2]]
    named = np.repeat(np.array(list(Split)), [*counts, max(0, len(unique) - sum(counts))])[: len(unique)]
    if len(set(named.tolist())) < 3:
        raise InputError(f"{len(unique)} different queries are too few for three splits.", allowed="3 or more")
    drawn = np.random.default_rng(seed).permutation(named)
    of = dict(zip(unique, drawn.tolist(), strict=True))
    return [of[key] for key in keys]


def halves(calibration: OutcomeTable, *, seed: int) -> tuple[OutcomeTable, OutcomeTable]:
    """Two halves at random; equal prompts are in the same half."""
    keys = [
        prompt if prompt is not None else name
        for prompt, name in zip(calibration.prompts, calibration.query_ids, strict=True)
    ]
    unique = list(dict.fromkeys(keys))
    drawn = np.random.default_rng(seed).permutation(len(unique))
    first = {unique[place] for place in drawn[: (len(unique) + 1) // 2]}
    is_first = np.array([key in first for key in keys])
    if is_first.all():
        raise InputError("All calibration queries have the same prompt.", allowed="two different ones or more")
    return calibration.select(is_first), calibration.select(~is_first)
