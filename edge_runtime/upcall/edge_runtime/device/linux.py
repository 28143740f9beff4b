"""The state of a device that runs Linux, by psutil and /sys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from upcall.edge_runtime.decision.device_state import DeviceState, Network, Thermal
from upcall.edge_runtime.memory import available_memory_bytes

_SYS = Path("/sys")
_MOBILE = ("wwan", "ppp", "rmnet", "usb")
"""How the names of interfaces begin that reach the internet through a mobile network, where volume is paid for."""
_SEVERITY = {"passive": Thermal.SEVERE, "hot": Thermal.SEVERE, "critical": Thermal.CRITICAL}
"""What the kernel does when a thermal zone is as hot as its trip point: slow down, warn, and switch off."""
_BEFORE_CRITICAL_MC = 5_000
"""At so many thousandths of a degree below the point at which the kernel switches off, the device is critically hot."""


class LinuxMonitor:
    """Reads power, heat, network and memory anew each time, in about a millisecond.

    Linux does not tell what a connection costs: a network is metered where nothing but mobile interfaces is up, or where the
    user says so.

    Args:
        sys_path: where /sys is.
        is_metered: what the user says of the network; None goes by the interfaces.
    """

    def __init__(self, *, sys_path: Path = _SYS, is_metered: bool | None = None) -> None:
        self._sys = sys_path
        self._is_metered = is_metered

    def read(self) -> DeviceState:
        """The state now; what cannot be told is None."""
        percent, is_charging = _battery()
        return DeviceState(
            battery_percent=percent,
            is_charging=is_charging,
            thermal=self._thermal(),
            network=self._network(),
            free_memory_bytes=available_memory_bytes(),
        )

    def _network(self) -> Network | None:
        states = {one.parent.name: _text(one) for one in (self._sys / "class/net").glob("*/operstate")}
        if not states:  # /sys is not there, or hidden from this program
            return None
        # An interface that tells nothing, such as a tunnel, is "unknown" and may well carry.
        up = [name for name, state in states.items() if name != "lo" and state in ("up", "unknown")]
        if not up:
            return Network.OFFLINE
        is_mobile = all(name.startswith(_MOBILE) for name in up)
        return Network.METERED if (is_mobile if self._is_metered is None else self._is_metered) else Network.UNMETERED

    def _thermal(self) -> Thermal | None:
        states = [state for zone in (self._sys / "class/thermal").glob("thermal_zone*") for state in _zone(zone)]
        return max(states, key=list(Thermal).index, default=None)


def _zone(zone: Path) -> Iterator[Thermal]:
    """How hot one zone is, for each of its trip points."""
    temperature_mc = _number(zone / "temp")
    if temperature_mc is None:
        return
    for trip in zone.glob("trip_point_*_type"):
        severity = _SEVERITY.get(_text(trip))
        limit_mc = _number(trip.with_name(trip.name.replace("_type", "_temp")))
        if severity is None or limit_mc is None or limit_mc <= 0:  # not a limit, or one that is switched off
            continue
        margin_mc = _BEFORE_CRITICAL_MC if severity is Thermal.CRITICAL else 0
        yield severity if temperature_mc >= limit_mc - margin_mc else Thermal.NONE


def _battery() -> tuple[float | None, bool | None]:
    """Percent and whether it charges; None without a battery, or where it tells nothing that can be."""
    battery = None
    with suppress(
        OSError, RuntimeError, AttributeError, ValueError, psutil.Error
    ):  # odd drivers, and systems without any
        battery = psutil.sensors_battery()
    if battery is None or not 0 <= battery.percent <= 100:
        return None, None
    return float(battery.percent), battery.power_plugged


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="ascii").strip()
    return ""


def _number(path: Path) -> int | None:
    with suppress(ValueError):
        return int(_text(path))
    return None
