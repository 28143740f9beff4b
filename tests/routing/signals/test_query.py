"""Words of prompts beside the features of the device."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.routing.outcomes import two_tiers
from upcall.edge_runtime.errors import InputError
from upcall.routing.signals.query import QuerySignals


def test_words_and_the_features_of_the_device_stand_side_by_side() -> None:
    table = two_tiers(60)
    signals = QuerySignals(components=4).fit(table)
    assert signals.transform(table).shape == (60, 4 + 4 + 1)
    with pytest.raises(InputError, match="lacks the features of device"):
        signals.transform(two_tiers(60, has_features=False))


def test_nothing_to_learn_from() -> None:
    table = two_tiers(9, has_features=False)
    with pytest.raises(InputError, match="neither prompts nor features"):
        QuerySignals().fit(replace(table, prompts=(None,) * 9))
