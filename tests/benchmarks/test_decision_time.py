from __future__ import annotations

from benchmarks import decision_time


def test_every_query_is_measured_and_the_warm_up_is_not() -> None:
    asked: list[list[float]] = []
    taken = decision_time.measured(asked.append, [[0.1], [0.2]])
    assert len(asked) == len(taken) + 2
    assert asked[:4] == [[0.1], [0.2], [0.1], [0.2]]
    assert min(taken) >= 0


def test_only_three_tiers_have_a_target() -> None:
    assert {tiers: [row.target for row in decision_time.rows(tiers, seed=0)] for tiers in (2, 3)} == {
        2: [None, None],
        3: ["≤ 100", "≤ 100"],
    }
