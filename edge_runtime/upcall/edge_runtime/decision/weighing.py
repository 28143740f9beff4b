"""What moves the threshold: the user's quality level, and what a call or an answer here would cost just now."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from upcall.edge_runtime.decision.device_state import DeviceState, Network
from upcall.edge_runtime.errors import InputError, check_type

_LEAST, _MOST = 1e-6, 1 - 1e-6


class Weight(StrEnum):
    """What moved the threshold."""

    QUALITY_LEVEL = "quality_level"
    CALL = "call"
    METERED = "metered"
    LOW_BATTERY = "low_battery"
    HEAT = "heat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What circumstances are worth, in probability that the answer is right, each 0 to 1.

    A router calls when that gains more than it costs (2410.10347, eq. 2, with one cost for each circumstance). The default of
    .1 says: on a metered network, call only where the device is less sure by ten percentage points.

    Args:
        call: of every call.
        metered: of a call over a network that charges by volume.
        low_battery: of an answer of the device on a battery of 20 % or less.
        heat: of an answer of the device while its system slows it down.

    Raises:
        InputError: a price outside its range, or of another type.
    """

    call: float = 0.0
    metered: float = 0.1
    low_battery: float = 0.1
    heat: float = 0.1

    def __post_init__(self) -> None:
        for name in ("call", "metered", "low_battery", "heat"):
            check_type(f"The price {name}", getattr(self, name), int, float)
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"The price {name} is {getattr(self, name)}.", allowed="0 to 1")


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One shift of the threshold.

    Args:
        weight: what caused it.
        change: in probability; above 0 it calls more often.
    """

    weight: Weight
    change: float


def check_quality_level(level: float | None) -> None:
    """Refuse what is no quality level.

    Raises:
        InputError: it is outside 0 to 1, or of another type.
    """
    check_type("The quality level", level, int, float, type(None))
    if level is not None and not 0 <= level <= 1:
        raise InputError(f"The quality level is {level}.", allowed="0 to 1; 0.5 is as calibrated")


def adjustments(
    threshold: float, *, quality_level: float | None, prices: Prices, device: DeviceState
) -> tuple[Adjustment, ...]:
    """What shifts a threshold, in the order of ``Weight``; shifts of 0 are left out.

    Args:
        threshold: as calibrated, nats.
        quality_level: 0 to 1. Below ½ the probability that the answer must reach falls in proportion, to 0; above, it rises to
            1. None and ½ change nothing.
        prices: of the circumstances.
        device: as it is now.
    """
    probability = math.exp(min(threshold, 0.0))
    changes = {
        Weight.QUALITY_LEVEL: _levelled(probability, 0.5 if quality_level is None else quality_level) - probability,
        Weight.CALL: -prices.call,
        Weight.METERED: -prices.metered if device.network is Network.METERED else 0.0,
        Weight.LOW_BATTERY: prices.low_battery if device.has_low_battery else 0.0,
        Weight.HEAT: prices.heat if device.is_hot else 0.0,
    }
    return tuple(Adjustment(weight, change) for weight, change in changes.items() if change)


def adjusted(threshold: float, shifts: tuple[Adjustment, ...]) -> float:
    """The threshold after the shifts, nats: log(clamp(exp(threshold) + Σ changes, 10⁻⁶, 1 − 10⁻⁶)); itself without shifts."""
    if not shifts:
        return threshold
    probability = math.exp(min(threshold, 0.0)) + sum(shift.change for shift in shifts)
    return math.log(min(_MOST, max(_LEAST, probability)))


def _levelled(probability: float, level: float) -> float:
    if level == 0.5:
        return probability
    return probability * 2 * level if level < 0.5 else probability + (1 - probability) * (2 * level - 1)
