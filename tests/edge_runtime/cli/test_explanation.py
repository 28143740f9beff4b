from __future__ import annotations

from upcall.edge_runtime.cli.explanation import explain
from upcall.edge_runtime.decision.budget import BudgetState
from upcall.edge_runtime.decision.decide import Circumstances, Strategy, decide
from upcall.edge_runtime.decision.device_state import DeviceState, Network, Thermal
from upcall.edge_runtime.decision.weighing import Prices


def explained(**given: object) -> list[str]:
    circumstances = Circumstances(strategy=Strategy.CASCADE, has_cloud=True, **given)  # type: ignore[arg-type]  # any of them
    return [" ".join(line.split()) for line in explain(decide(circumstances), circumstances).splitlines()]


def test_each_input_says_what_it_did() -> None:
    device = DeviceState(
        battery_percent=15,
        is_charging=False,
        thermal=Thermal.LIGHT,
        network=Network.METERED,
        free_memory_bytes=2 * 10**9,
    )
    budget = BudgetState(calls_left=3.7, money_left=0.25, call_cost=0.001)
    lines = explained(
        device=device, budget=budget, threshold=-0.5, score=-0.4, quality_level=0.6, prices=Prices(call=0.05)
    )
    assert lines == [
        "network metered: calls less readily (-0.10 of probability)",
        "battery 15 %, not charging: calls more readily (+0.10 of probability)",
        "heat light: no effect",
        "memory 2.0 GB free: no effect",
        "budget 3 calls left: no effect",
        "money 0.25 left, this call at most 0.001: no effect",
        "quality level 0.6: calls more readily (+0.08 of probability)",
        "price of a call 0.05: calls less readily (-0.05 of probability)",
        "threshold -0.50: adjusted to -0.45",
        "score -0.40: of the device's answer",
    ]


def test_the_input_that_decided_is_told() -> None:
    assert "network offline: decided" in explained(device=DeviceState(network=Network.OFFLINE))
    assert "budget 0 calls left: decided" in explained(budget=BudgetState(calls_left=0.5))
    hot = explained(device=DeviceState(thermal=Thermal.CRITICAL))
    assert hot == ["heat critical: decided", "answer here at most 64 tokens: spares the device"]
    assert "quality level 1: decides" in explained(quality_level=1)


def test_nothing_is_known() -> None:
    assert explained() == []
