"""What the decision knows of the device itself: power, heat, network, memory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from upcall.edge_runtime.errors import InputError, check_type

LOW_BATTERY_PERCENT = 20.0
EMPTY_BATTERY_PERCENT = 5.0
LEAST_MEMORY_BYTES = 128 * 1024 * 1024
"""With less than this free, an operating system is likely to end the program that answers."""
SHORT_ANSWER_TOKENS = 64
"""Most tokens of an answer by a device that is critically hot or about to run out of power."""


class Thermal(StrEnum):
    """How hot the device is, in the terms of Android's thermal status; its two levels beyond critical count as critical."""

    NONE = "none"
    LIGHT = "light"
    MODERATE = "moderate"
    SEVERE = "severe"
    CRITICAL = "critical"


class Network(StrEnum):
    """What a call would travel over."""

    OFFLINE = "offline"
    METERED = "metered"
    UNMETERED = "unmetered"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """The device at one moment. None is what nobody can tell, and weighs nothing.

    Args:
        battery_percent: 0 to 100; None without a battery.
        is_charging: whether it runs on external power.
        thermal: how hot it is.
        network: what a call would travel over.
        free_memory_bytes: what programs can still get, ≥ 0.

    Raises:
        InputError: a value outside its range, or of another type.
    """

    battery_percent: float | None = None
    is_charging: bool | None = None
    thermal: Thermal | None = None
    network: Network | None = None
    free_memory_bytes: int | None = None

    def __post_init__(self) -> None:
        check_type("The battery level", self.battery_percent, int, float, type(None))
        check_type("The free memory", self.free_memory_bytes, int, type(None))
        percent = self.battery_percent
        if percent is not None and not 0 <= percent <= 100:  # NaN too
            raise InputError(f"The battery level is {percent} %.", allowed="0 to 100")
        if self.free_memory_bytes is not None and self.free_memory_bytes < 0:
            raise InputError(f"The free memory is {self.free_memory_bytes} bytes.", allowed="0 or more")
        for name, kind in (("thermal", Thermal), ("network", Network)):
            value = getattr(self, name)
            try:
                object.__setattr__(self, name, None if value is None else kind(value))
            except ValueError:
                raise InputError(f"The {name} state is not known.", allowed=", ".join(kind)) from None

    @property
    def has_low_battery(self) -> bool:
        """Whether it runs on a battery of 20 % or less."""
        return self._is_on_battery_of(LOW_BATTERY_PERCENT)

    @property
    def has_empty_battery(self) -> bool:
        """Whether it runs on a battery of 5 % or less."""
        return self._is_on_battery_of(EMPTY_BATTERY_PERCENT)

    @property
    def is_hot(self) -> bool:
        """Whether the system is slowing it down for its heat."""
        return self.thermal in (Thermal.SEVERE, Thermal.CRITICAL)

    @property
    def has_low_memory(self) -> bool:
        """Whether an answer here may end the program."""
        return self.free_memory_bytes is not None and self.free_memory_bytes < LEAST_MEMORY_BYTES

    @property
    def answer_limit_tokens(self) -> int | None:
        """Most tokens that the device should answer with; None sets no limit.

        Vectors: proto/vectors/decision.json
        """
        return SHORT_ANSWER_TOKENS if self.thermal is Thermal.CRITICAL or self.has_empty_battery else None

    def _is_on_battery_of(self, most_percent: float) -> bool:
        percent = self.battery_percent
        return percent is not None and not self.is_charging and percent <= most_percent


class DeviceMonitor(Protocol):
    """Reads the state of the device. May be shared between threads."""

    def read(self) -> DeviceState:
        """The state now, within milliseconds. Never raises: what cannot be told is None."""
