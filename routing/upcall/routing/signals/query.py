"""Signals before an answer: the words of the prompt beside the features of the device."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError
from upcall.routing.signals.projection import Projection
from upcall.routing.signals.prompt_features import COMPONENTS, PRE, PromptFeatures
from upcall.routing.tables.outcome_table import OutcomeTable


class QuerySignals:
    """What is known of a query before an answer: the words of its prompt and the device's own features named ``pre.``….

    The words go through ``PromptFeatures``, the device's features through a ``Projection``. What a table lacks is left out.

    Args:
        components: most dimensions of the words.
        seed: of what is random in fitting.
    """

    def __init__(self, *, components: int = COMPONENTS, seed: int = 0) -> None:
        self._components = components
        self._seed = seed
        self._prompts: PromptFeatures | None = None
        self._device: Projection | None = None

    def fit(self, train: OutcomeTable) -> Self:
        """Learn from a table.

        Raises:
            InputError: it holds neither prompts nor features of the device.
        """
        self._prompts = self._device = None
        if any(prompt is not None for prompt in train.prompts):
            self._prompts = PromptFeatures(components=self._components, seed=self._seed).fit(train.prompts)
        if (own := pre_features(train)) is not None:
            names = [name for name in train.feature_names[0] if name.startswith(PRE)]
            self._device = Projection(seed=self._seed).fit(own, names)
        if self._prompts is None and self._device is None:
            raise InputError(
                "The table holds neither prompts nor features of the device before it answers.",
                allowed=f"the column prompt, or features of tier 0 whose names begin with '{PRE}'",
            )
        return self

    def transform(self, table: OutcomeTable) -> NDArray[np.float64]:
        """[N, F] for the N queries of a table.

        Raises:
            InputError: the table lacks features that it was fitted on.
        """
        parts: list[NDArray[Any]] = []
        if self._prompts is not None:
            parts.append(self._prompts.transform(table.prompts))
        if self._device is not None:
            own = pre_features(table)
            if own is None:
                raise InputError(
                    f"The table lacks the features of {table.tiers[0]} before it answers.",
                    allowed="the features of the table that was learnt from",
                )
            parts.append(self._device.transform(own))
        return np.hstack(parts).astype(np.float64)


def pre_features(table: OutcomeTable) -> NDArray[np.float64] | None:
    """[N, F] of tier 0, those whose names begin with ``pre.``; None where there are none."""
    places = [place for place, name in enumerate(table.feature_names[0]) if name.startswith(PRE)]
    if table.features[0] is None or not places:
        return None
    return table.features[0][:, places].astype(np.float64)
