"""Parts of a table, tables joined, and tables that are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.routing.tables.small import table
from upcall.edge_runtime.errors import InputError
from upcall.routing.tables.outcome_table import Split, joined


def test_parts_of_a_table() -> None:
    whole = table()
    assert whole.split(Split.TEST).query_ids == ("b",)
    twice = whole.select(np.array([2, 2, 0]))
    assert twice.query_ids == ("ü", "ü", "a")
    assert twice.quality.tolist() == [[1, 0], [1, 0], [0, 1]]
    turned = whole.with_tiers([1, 0])
    assert (turned.tiers, turned.features[0], turned.cost[0].tolist()) == (("large", "device"), None, [1, 0.1])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"quality": np.array([[0, 1], [np.nan, 1], [1, 0]])}, "quality of query 'b' by device is nan"),
        ({"quality": np.array([[0, 1], [0, 1.5], [1, 0]])}, "quality of query 'b' by large is 1.5"),
        ({"cost": np.array([[0, 1], [0, 1], [1, -1]])}, "cost of query 'ü' by large is -1"),
        ({"query_ids": ["a", "b", "a"]}, "'a' comes twice"),
        ({"splits": ["train", "test", "dev"]}, "split 'dev' is unknown"),
        ({"quality": np.zeros((3, 3))}, "quality has the shape"),
        ({"features": [np.full((3, 2), np.inf, np.float32), None]}, "features of device are not 2 finite"),
    ],
)
def test_tables_that_are_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text):
        table(**changes)


def test_tables_are_joined_by_what_the_device_did() -> None:
    other = table(query_ids=["a", "x", "y"], quality=np.array([[1, 0], [1, 0], [1, 0]]))
    both = joined([table(), other.with_tiers([0])])
    assert both.query_ids == ("0/a", "0/b", "0/ü", "1/a", "1/x", "1/y")
    assert (both.tiers, both.quality.tolist()) == (("device",), [[0], [0.5], [1], [1], [1], [1]])
    assert both.features[0] is not None
    assert both.features[0].shape == (6, 2)
    assert joined([other]) is other
    with pytest.raises(InputError, match="different bundles"):
        joined([table(), table(about={"recipe": "onnx_int8"})])
    with pytest.raises(InputError, match="different bundles"):
        joined([table(), table(feature_names=[["pre.a", "post.c"], []])])


def test_a_split_that_is_too_small_is_refused() -> None:
    assert table().split(Split.TEST, least=1).query_ids == ("b",)
    with pytest.raises(InputError, match=r"1 queries of the split test\.\nAllowed: 2 or more"):
        table().split(Split.TEST, least=2)
