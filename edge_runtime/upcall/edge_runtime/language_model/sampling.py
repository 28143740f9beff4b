"""How the next token is chosen; the same seed gives the same tokens in every language (proto/vectors/sampling.json)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.conversation import SamplingOptions


class SplitMix64:
    """The generator of pseudo-random numbers: SplitMix64 (Steele, Lea, Flood 2014), seven lines in any language."""

    def __init__(self, seed: int) -> None:
        self._state = seed & 0xFFFF_FFFF_FFFF_FFFF

    def uniform(self) -> float:
        """The next number in [0, 1), of 53 random bits."""
        self._state = (self._state + 0x9E37_79B9_7F4A_7C15) & 0xFFFF_FFFF_FFFF_FFFF
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9) & 0xFFFF_FFFF_FFFF_FFFF
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB) & 0xFFFF_FFFF_FFFF_FFFF
        return ((mixed ^ (mixed >> 31)) >> 11) * 2.0**-53


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """[V] float32 → [V] float64, natural logarithms of the probabilities, summed in float64 in every language."""
    wide = logits.astype(np.float64)
    wide -= wide.max()
    return np.asarray(wide - np.log(np.exp(wide).sum()))


def log_probability(logits: NDArray[np.float32], token: int) -> float:
    """The log-probability of one token among logits [V], in nats, ≤ 0: ``log_softmax(logits)[token]`` in a quarter of the time.

    Exponentials and their pairwise sum in float32, so the two differ by float32 rounding.
    """
    highest = logits.max()
    shifted = logits - highest
    total = float(np.exp(shifted, out=shifted).sum())
    return min(0.0, float(logits[token] - highest) - math.log(total))


class Sampler:
    """Chooses tokens one after another.

    Order: repetition penalty, temperature, top-k, min-p, top-p, then one draw. Tokens are ranked by falling probability,
    equal ones by rising id, and the draw walks that ranking, so every language takes the same token.
    """

    def __init__(self, options: SamplingOptions) -> None:
        self._options = options
        self._random = SplitMix64(options.seed)

    def choose(self, logits: NDArray[np.float32], *, seen: Sequence[int]) -> int:
        """The next token id.

        Args:
            logits: [V] float32.
            seen: ids of prompt and answer so far; used by the repetition penalty only.
        """
        options = self._options
        if options.repetition_penalty != 1.0 and seen:
            logits = logits.copy()
            ids = np.unique(np.array(seen, dtype=np.int64))
            chosen = logits[ids]
            penalty = np.float32(options.repetition_penalty)
            logits[ids] = np.where(chosen > 0, chosen / penalty, chosen * penalty)
        if options.temperature == 0.0:
            return int(logits.argmax())
        probabilities = np.exp(log_softmax(logits / np.float32(options.temperature)))
        ranking = np.argsort(-probabilities, kind="stable")
        if options.top_k:
            ranking = ranking[: options.top_k]
        kept = probabilities[ranking]
        if options.min_p:
            kept = kept[: max(1, int((kept >= options.min_p * kept[0]).sum()))]
        if options.top_p < 1.0:
            kept = kept[: 1 + int((np.cumsum(kept) < options.top_p * kept.sum()).sum())]
        cumulative = np.cumsum(kept)
        drawn = int(np.searchsorted(cumulative, self._random.uniform() * cumulative[-1], side="right"))
        return int(ranking[min(drawn, len(kept) - 1)])
