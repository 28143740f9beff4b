"""Every rule calls the same values equal, whatever order they come in."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from upcall.edge_runtime.decision.tiers.closed_loop import ClosedLoop, revealing
from upcall.edge_runtime.decision.tiers.mixture import best_tiers
from upcall.edge_runtime.decision.tiers.multi_objective import Option, Privacy, Way, choose_option
from upcall.edge_runtime.decision.tiers.supermodel import Supermodels
from upcall.edge_runtime.decision.tiers.ties import TIE, best_places, equal_to_best

NEAR = 0.6 * TIE


def test_values_are_compared_with_the_greatest() -> None:
    chain = np.array([0.5, 0.5 + NEAR, 0.5 + 2 * NEAR])
    for order in permutations(range(3)):
        assert equal_to_best(chain[list(order)]).tolist() == [place > 0 for place in order]
        assert best_places(chain[list(order)].tolist()) == [number for number, place in enumerate(order) if place > 0]


def test_of_equal_tiers_every_rule_takes_the_cheapest() -> None:
    means, costs = [0.5 + NEAR, 0.5], [1.0, 0.0]
    assert best_tiers(np.array([means]), np.array(costs), 0.0)[0].tolist() == [1]
    known = np.zeros((2, 2))
    for near, chosen in ((NEAR, 1), (2 * TIE, 0)):
        prices = [0.1, 0.05]
        estimates = [0.6 + near, 0.55]
        assert Supermodels(known).choose(estimates, prices).tiers == {chosen}
        assert ClosedLoop(revealing(known), tiers=2).choose(estimates, prices).next_tier == chosen
        assert ClosedLoop(revealing(known), tiers=2).choose_many(np.array([estimates]), prices).tolist() == [chosen]


def test_of_equal_options_the_one_that_leaks_least_whatever_their_order() -> None:
    options = [
        Option(Way.LOCAL, 0, 0.5, 0.0),
        Option(Way.MASK_SEND, 1, 0.5 + NEAR, 0.0, 1.0),
        Option(Way.SEND, 1, 0.5 + 2 * NEAR, 0.0, 2.0),
    ]
    for order in permutations(options):
        assert choose_option(order, Privacy(is_private=False), cost_price=0, leak_price=0).way is Way.MASK_SEND
