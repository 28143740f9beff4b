"""Whether a phone can run Upcall: each fact against what is needed, and what to do where it falls short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from upcall.deploy.facts import App, Facts

LEAST_SDK = 26
ABIS = ("arm64-v8a", "x86_64")
"""Machine code for which the app brings engines."""
LEAST_MEMORY_BYTES = 1_500_000_000
LEAST_FREE_BYTES = 500_000_000
LOW_BATTERY_PERCENT = 20.0
_TOO_HOT = ("severe", "critical", "emergency", "shutdown")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold.

    Args:
        name: what was looked at.
        found: what the phone said, for people.
        holds: None where the phone does not tell, which is no fault.
        next_step: where it does not hold.
    """

    name: str
    found: str
    holds: bool | None
    next_step: str = ""


def checks(facts: Facts) -> Iterator[Check]:
    """All checks, in the order in which they are shown."""
    sdk = None if facts.sdk is None else facts.sdk >= LEAST_SDK
    yield Check(
        "Android",
        f"{facts.android or 'unknown'} (SDK {facts.sdk or 'unknown'})",
        sdk,
        "use a phone with Android 8 or later",
    )
    has_abi = any(abi in ABIS for abi in facts.abis) if facts.abis else None
    yield Check(
        "ABI", ", ".join(facts.abis) or "unknown", has_abi, f"use a phone that runs 64-bit apps: {' or '.join(ABIS)}"
    )
    yield Check(
        "memory",
        f"{_size(facts.memory_bytes)}, {_size(facts.free_memory_bytes)} of it free",
        _at_least(facts.memory_bytes, LEAST_MEMORY_BYTES),
        f"use a phone with {LEAST_MEMORY_BYTES / 1e9:.1f} GB or more",
    )
    yield Check(
        "room",
        f"{_size(facts.free_bytes)} free",
        _at_least(facts.free_bytes, LEAST_FREE_BYTES),
        f"free {LEAST_FREE_BYTES / 1e6:.0f} MB on it; a model is kept twice while it is pushed",
    )
    yield _battery(facts)
    yield _heat(facts)
    yield _app(facts.app)


def _battery(facts: Facts) -> Check:
    if facts.battery_percent is None:
        return Check("battery", "unknown", None)
    is_enough = facts.battery_percent >= LOW_BATTERY_PERCENT or bool(facts.is_charging)
    power = "charging" if facts.is_charging else "not charging"
    return Check(
        "battery", f"{facts.battery_percent:.0f} %, {power}", is_enough, "charge it: it saves power and is slow"
    )


def _heat(facts: Facts) -> Check:
    celsius = "" if facts.battery_celsius is None else f"battery at {facts.battery_celsius:.0f} °C"
    level = None if facts.thermal is None else f"thermal status {facts.thermal}"
    found = ", ".join(filter(None, (level, celsius))) or "unknown"
    holds = None if facts.thermal is None else facts.thermal not in _TOO_HOT
    return Check("heat", found, holds, "let it cool down: it is slowed down, and answers are short")


def _app(app: App) -> Check:
    if not app.is_installed:
        return Check("app", "not installed", False, "upcall deploy install APK")
    version = f"version {app.version or 'unknown'}"
    if not app.is_debuggable:
        return Check(
            "app", f"{version}, a release build", False, "install the debug APK: only it lets push, run and bench in"
        )
    if app.fault:
        return Check(
            "app", f"{version}, but {app.fault}", False, "restart the phone, or use another: its run-as is broken"
        )
    return Check("app", f"{version}, debuggable", True)


def _at_least(value: int | None, least: int) -> bool | None:
    return None if value is None else value >= least


def _size(value: int | None) -> str:
    return "unknown" if value is None else f"{value / 1e9:,.1f} GB"
