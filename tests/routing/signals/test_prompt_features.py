"""Words of prompts to numbers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.routing.outcomes import two_tiers
from upcall.edge_runtime.errors import InputError
from upcall.routing.signals.prompt_features import PromptFeatures, feature
from upcall.routing.tables.outcome_table import Split


def test_words_tell_easy_from_hard() -> None:
    table = two_tiers()
    train, test = table.split(Split.TRAIN), table.split(Split.TEST)
    features = PromptFeatures(components=8).fit(train.prompts)
    model = LogisticRegression().fit(features.transform(train.prompts), train.tasks)
    assert features.transform(test.prompts).shape == (len(test), 12)
    assert model.score(features.transform(test.prompts), test.tasks) > 0.95


def test_prompts_without_words() -> None:
    features = PromptFeatures().fit(["", None, "?"])
    assert features.transform(["what is new"]).shape == (1, 4)
    assert np.isfinite(features.transform([None])).all()


@pytest.mark.parametrize("prompts", [["one"], ["one", "one"], ["a b", "c d", "e"]])
def test_few_prompts(prompts: list[str]) -> None:
    assert np.isfinite(PromptFeatures().fit(prompts).transform([*prompts, "unknown"])).all()


def test_nothing_to_learn_from() -> None:
    with pytest.raises(InputError, match="no prompts"):
        PromptFeatures().fit([])


def test_a_feature_by_name() -> None:
    assert feature(two_tiers(9), "post.mean_log_prob").shape == (9,)
    with pytest.raises(InputError, match=r"lacks the feature post\.mean_log_prob of device"):
        feature(two_tiers(9, has_features=False), "post.mean_log_prob")
