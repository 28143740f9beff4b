from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from upcall.edge_runtime.decision.device_state import Network, Thermal
from upcall.edge_runtime.device.linux import LinuxMonitor


def monitor(sys_path: Path, files: Mapping[str, str], *, is_metered: bool | None = None) -> LinuxMonitor:
    for name, content in files.items():
        path = sys_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("latin-1"))
    return LinuxMonitor(sys_path=sys_path, is_metered=is_metered)


def net(**states: str) -> dict[str, str]:
    return {f"class/net/{name}/operstate": f"{state}\n" for name, state in states.items()}


@pytest.mark.parametrize(
    ("interfaces", "expected"),
    [
        ({"lo": "unknown"}, Network.OFFLINE),
        ({"lo": "unknown", "eth0": "down", "wlan0": "dormant"}, Network.OFFLINE),
        ({"lo": "unknown", "eth0": "up"}, Network.UNMETERED),
        ({"lo": "unknown", "eth0": "down", "tun0": "unknown"}, Network.UNMETERED),
        ({"lo": "unknown", "wwan0": "up"}, Network.METERED),
        ({"lo": "unknown", "ppp0": "unknown", "wlan0": "up"}, Network.UNMETERED),
        ({}, None),
    ],
)
def test_network(tmp_path: Path, interfaces: dict[str, str], expected: Network | None) -> None:
    assert monitor(tmp_path, net(**interfaces)).read().network is expected


def test_the_user_knows_what_the_network_costs(tmp_path: Path) -> None:
    assert monitor(tmp_path, net(wlan0="up"), is_metered=True).read().network is Network.METERED
    assert monitor(tmp_path, net(wwan0="up"), is_metered=False).read().network is Network.UNMETERED
    (tmp_path / "offline").mkdir()
    assert monitor(tmp_path / "offline", net(wlan0="down"), is_metered=True).read().network is Network.OFFLINE


def zone(number: int, temperature: str, **trips: str) -> dict[str, str]:
    folder = f"class/thermal/thermal_zone{number}"
    files = {f"{folder}/temp": temperature}
    for index, (kind, limit) in enumerate(trips.items()):
        files |= {f"{folder}/trip_point_{index}_type": f"{kind}\n", f"{folder}/trip_point_{index}_temp": f"{limit}\n"}
    return files


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        (zone(0, "45000\n", passive="90000", critical="105000"), Thermal.NONE),
        (zone(0, "90000\n", passive="90000", critical="105000"), Thermal.SEVERE),
        (zone(0, "100000\n", passive="90000", critical="105000"), Thermal.CRITICAL),
        (zone(0, "45000\n", hot="90000") | zone(1, "91000\n", hot="90000"), Thermal.SEVERE),
        (zone(0, "45000\n", active="40000"), None),  # a fan that starts is no heat
        (zone(0, "45000\n", critical="-274000"), None),  # a trip point that is switched off
        (zone(0, "", critical="105000"), None),
        (zone(0, "warm\xff", critical="105000"), None),
        (zone(0, "45000\n", critical="ab\xff"), None),
    ],
)
def test_heat(tmp_path: Path, files: dict[str, str], expected: Thermal | None) -> None:
    assert monitor(tmp_path, files).read().thermal is expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, (None, None)),
        (SimpleNamespace(percent=37, power_plugged=False), (37.0, False)),
        (SimpleNamespace(percent=37, power_plugged=None), (37.0, None)),
        (SimpleNamespace(percent=104, power_plugged=True), (None, None)),
        (SimpleNamespace(percent=float("nan"), power_plugged=True), (None, None)),
    ],
)
def test_battery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: object, expected: tuple[float | None, bool | None]
) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: told, raising=False)
    state = LinuxMonitor(sys_path=tmp_path).read()
    assert (state.battery_percent, state.is_charging) == expected


def test_a_driver_that_fails_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError

    monkeypatch.setattr(psutil, "sensors_battery", fail, raising=False)
    assert LinuxMonitor(sys_path=tmp_path).read().battery_percent is None


def test_this_machine() -> None:
    state = LinuxMonitor().read()
    assert state.free_memory_bytes is None or state.free_memory_bytes > 0
