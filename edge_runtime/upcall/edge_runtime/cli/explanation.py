"""Why a question stayed or left, input by input: what each was, and what it did."""

from __future__ import annotations

import math
from collections.abc import Iterator

from upcall.edge_runtime.decision.decide import Circumstances, Reason, RouteDecision
from upcall.edge_runtime.decision.weighing import Weight

_STATE_REASONS = {
    Reason.OFFLINE: "network",
    Reason.HOT: "heat",
    Reason.LOW_BATTERY: "battery",
    Reason.LOW_MEMORY: "memory",
}


def explain(decision: RouteDecision, given: Circumstances) -> str:
    """A line for each input of the decision that is known, plain text without a closing newline."""
    decided = _STATE_REASONS.get(decision.reason, "")
    changes = {shift.weight: shift.change for shift in given.adjustments}
    rows = [*_device_rows(given, changes, decided), *_budget_rows(given, decision), *_threshold_rows(given, changes)]
    width = max((len(name) for name, _, _ in rows), default=0)
    return "\n".join(f"  {name:<{width}}  {value}{f': {effect}' if effect else ''}" for name, value, effect in rows)


def _device_rows(given: Circumstances, changes: dict[Weight, float], decided: str) -> Iterator[tuple[str, str, str]]:
    device = given.device

    def effect(name: str, weight: Weight | None = None) -> str:
        if name == decided:
            return "decided"
        return _shift(changes.get(weight, 0.0)) if weight else "no effect"

    if device.network is not None:
        yield "network", device.network, effect("network", Weight.METERED)
    if device.battery_percent is not None:
        power = "charging" if device.is_charging else "not charging"
        yield "battery", f"{device.battery_percent:.0f} %, {power}", effect("battery", Weight.LOW_BATTERY)
    if device.thermal is not None:
        yield "heat", device.thermal, effect("heat", Weight.HEAT)
    if device.free_memory_bytes is not None:
        yield "memory", f"{device.free_memory_bytes / 1e9:,.1f} GB free", effect("memory")
    if device.answer_limit_tokens is not None:
        yield "answer here", f"at most {device.answer_limit_tokens} tokens", "spares the device"


def _budget_rows(given: Circumstances, decision: RouteDecision) -> Iterator[tuple[str, str, str]]:
    budget = given.budget
    effect = "decided" if decision.reason is Reason.OVER_BUDGET else "no effect"
    if budget.calls_left is not None:
        yield "budget", f"{max(0, math.floor(budget.calls_left))} calls left", effect
    if budget.money_left is not None:
        yield "money", f"{budget.money_left:.4g} left, this call at most {budget.call_cost:.4g}", effect


def _threshold_rows(given: Circumstances, changes: dict[Weight, float]) -> Iterator[tuple[str, str, str]]:
    if given.quality_level is not None:
        is_final = given.quality_level in (0, 1)
        effect = "decides" if is_final else _shift(changes.get(Weight.QUALITY_LEVEL, 0.0))
        yield "quality level", f"{given.quality_level:g}", effect
    if Weight.CALL in changes:
        yield "price of a call", f"{given.prices.call:g}", _shift(changes[Weight.CALL])
    threshold, adjusted = given.threshold, given.adjusted_threshold
    if threshold is not None and adjusted is not None:
        yield "threshold", f"{threshold:.2f}", f"adjusted to {adjusted:.2f}" if changes else "as it is"
    if given.score is not None:
        yield "score", f"{given.score:.2f}", "of the device's answer"


def _shift(change: float) -> str:
    if not change:
        return "no effect"
    return f"calls {'more' if change > 0 else 'less'} readily ({change:+.2f} of probability)"
