"""The signals that are visible once some tiers have answered, as numbers: never anything of a tier that was not asked."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Self

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError
from upcall.routing.datasets.grading import last_number_in
from upcall.routing.signals.projection import COMPONENTS, Projection
from upcall.routing.signals.prompt_features import PRE, PromptFeatures
from upcall.routing.tables.outcome_table import OutcomeTable
from upcall.routing.tables.recent import RecentTables

Array = NDArray[np.float64]
_ANSWER_COMPONENTS = 16


class Signals:
    """Numbers of a query, the more the more tiers have answered.

    - Always: the features of tier 0 whose names begin with ``pre.``, or where there are none the words of the prompt.
    - Of each tier asked: its other features, the words of its answer, how much of it repeats.
    - Of each two tiers asked: whether their answers agree.

    A table without any of them gives no numbers, which is no error.

    Args:
        components: most dimensions of each block of hidden states.
        seed: of what is random in fitting.
    """

    def __init__(self, *, components: int = COMPONENTS, seed: int = 0) -> None:
        self._components = components
        self._seed = seed
        self._tiers = 0
        self._before: Projection | None = None
        self._prompts: PromptFeatures | None = None
        self._after: list[Projection | None] = []
        self._answers: list[PromptFeatures | None] = []
        self._parts = RecentTables()

    def fit(self, train: OutcomeTable) -> Self:
        """Learn scales, directions and words of a table; its quality is not looked at."""
        self._parts.forget()
        self._tiers = len(train.tiers)
        self._before = self._projection(train, 0, is_before=True)
        self._prompts = None
        if self._before is None and any(prompt is not None for prompt in train.prompts):
            self._prompts = PromptFeatures(seed=self._seed).fit(train.prompts)
        self._after = [self._projection(train, tier, is_before=False) for tier in range(self._tiers)]
        self._answers = [
            PromptFeatures(components=_ANSWER_COMPONENTS, seed=self._seed).fit(train.answers[:, tier].tolist())
            if any(answer is not None for answer in train.answers[:, tier])
            else None
            for tier in range(self._tiers)
        ]
        return self

    def _projection(self, train: OutcomeTable, tier: int, *, is_before: bool) -> Projection | None:
        places, own = _places(train, tier, is_before=is_before), train.features[tier]
        if own is None or not places:
            return None
        names = [train.feature_names[tier][place] for place in places]
        return Projection(components=self._components, seed=self._seed).fit(own[:, places], names)

    def transform(self, table: OutcomeTable, asked: frozenset[int]) -> Array:
        """[N, F], F the same for the same tiers asked.

        Args:
            table: with the tiers that it was fitted on.
            asked: tiers that have answered, all of them 0 to K − 1.

        Raises:
            InputError: the table has other tiers or features than it was fitted on.
        """
        if len(table.tiers) != self._tiers or not asked <= set(range(self._tiers)):
            raise InputError(f"The table has {len(table.tiers)} tiers.", allowed=f"{self._tiers}, as in training")
        wanted: list[int | None] = [None, *sorted(asked)]
        known = self._parts.of(table)
        for part in wanted:
            if part not in known:
                known[part] = self._before_answers(table) if part is None else self._of_answer(table, part)
        parts = [known[part] for part in wanted]
        told = [tier for tier in sorted(asked) if self._answers[tier] is not None]
        for pair in combinations(told, 2):
            if pair not in known:
                known[pair] = 2 * agreement(table, *pair)[:, None] - 1
            parts.append(known[pair])
        return np.hstack(parts)

    def _before_answers(self, table: OutcomeTable) -> Array:
        if self._before is not None:
            return _projected(self._before, table, 0, is_before=True)
        if self._prompts is not None:
            return self._prompts.transform(table.prompts).astype(np.float64)
        return np.zeros((len(table), 0))

    def _of_answer(self, table: OutcomeTable, tier: int) -> Array:
        parts = [np.zeros((len(table), 0))]
        after, words = self._after[tier], self._answers[tier]
        if after is not None:
            parts.append(_projected(after, table, tier, is_before=False))
        if words is not None:
            answers = table.answers[:, tier].tolist()
            parts.append(words.transform(answers).astype(np.float64))
            parts.append(np.array([[repetition(answer)] for answer in answers]))
        return np.hstack(parts)


def repetition(answer: str | None) -> float:
    """Share of an answer's words that came before in it, in [0, 1); 0 for none."""
    words = (answer or "").lower().split()
    return 1 - len(set(words)) / len(words) if words else 0.0


def normalised(answer: str | None) -> str | None:
    """The part that two answers must share to agree: the last number, else the words in lower case; None for none."""
    text = (answer or "").lower()
    if (number := last_number_in(text)) is not None:
        return str(float(number))
    return " ".join(re.findall(r"\w+", text)) or None


def agreement(table: OutcomeTable, one: int, other: int) -> Array:
    """[N]: 1 where the answers of two tiers agree, else 0; none agrees with nothing."""
    pairs = zip(table.answers[:, one], table.answers[:, other], strict=True)
    return np.array([float((first := normalised(a)) is not None and first == normalised(b)) for a, b in pairs])


def _places(table: OutcomeTable, tier: int, *, is_before: bool) -> list[int]:
    """Places of the features that are known before the tier answers (the device's only), or after."""
    return [
        place
        for place, name in enumerate(table.feature_names[tier])
        if (tier == 0 and name.startswith(PRE)) is is_before
    ]


def _projected(projection: Projection, table: OutcomeTable, tier: int, *, is_before: bool) -> Array:
    own = table.features[tier]
    if own is None:
        raise InputError(f"The table lacks the features of {table.tiers[tier]}.", next_step="give the kind of training")
    return projection.transform(own[:, _places(table, tier, is_before=is_before)])
