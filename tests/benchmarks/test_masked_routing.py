"""Pairs of one collection's tables."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.masked_routing import paired, rows
from upcall.edge_runtime.errors import InputError
from upcall.routing.tables.outcome_table import OutcomeTable, outcome_table


def table(ids: list[str], right: list[float], private: list[int], found: list[int]) -> OutcomeTable:
    return outcome_table(
        query_ids=ids,
        tasks=["details" if one >= 0 else "sums" for one in private],
        splits=["test"] * len(ids),
        tiers=["device", "large"],
        quality=np.array([[0.0, one] for one in right]),
        cost=np.ones((len(ids), 2)),
        private_tokens=np.array(private),
        detected_private_tokens=np.array(found),
    )


AS_IS = table(["a", "b", "c", "d"], [1, 1, 0, 1], [2, 4, -1, 0], [2, 3, -1, 0])
MASKED = table(["c", "b", "a"], [0, 0, 1], [-1, 4, 2], [-1, 3, 2])


def test_queries_of_both_tables_are_compared_in_one_order() -> None:
    plain, hidden = paired(AS_IS, MASKED)
    assert plain.query_ids == hidden.query_ids == ("c", "b", "a")
    assert plain.quality[:, 1].tolist() == [0, 1, 1]
    with pytest.raises(InputError, match="no query in common"):
        paired(AS_IS, table(["x"], [1], [-1], [-1]))


def test_what_masking_costs_and_keeps() -> None:
    found = {row.figure: row for row in rows(AS_IS, MASKED, seed=0)}
    assert found["all tasks: quality of the cloud, masked"].value == pytest.approx(1 / 3)
    assert found["all tasks: quality lost by masking"].value == pytest.approx(1 / 3)
    assert found["details: quality lost by masking"].value == pytest.approx(0.5)
    assert found["sums: quality lost by masking"].value == 0
    left = found["private words a query that leave, if all are sent masked"]
    assert (left.value, left.peer_value) == (0.5, 3)
    assert "2 queries" in left.note
