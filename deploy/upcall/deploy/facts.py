"""What a phone says of itself: model, ABI, memory, room, battery, heat, Android, and whether the app is on it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from upcall.deploy.adb import Phone
from upcall.deploy.contract import PACKAGE
from upcall.edge_runtime.errors import PhoneError

_THERMAL = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")
_ON_POWER = (2, 5)
"""BatteryManager: charging, full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Upcall's app on the phone.

    Args:
        is_installed: whether it is there.
        is_debuggable: whether its build lets adb into its folder.
        version: for people.
        fault: what the phone says where it does not let adb in though the build would.
    """

    is_installed: bool
    is_debuggable: bool
    version: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A phone at one moment. None is what it does not tell.

    Args:
        serial: by which adb knows it.
        model: its maker and model.
        abis: machine code that it runs, the best first, such as arm64-v8a.
        android: version for people.
        sdk: level of its API.
        memory_bytes, free_memory_bytes: RAM in all, and what programs can still get.
        free_bytes: room for data of apps.
        battery_percent: 0 to 100.
        is_charging: whether it runs on external power.
        battery_celsius: of the battery.
        thermal: as Android 10 and later judge it, "none" to "shutdown".
        app: Upcall's.
    """

    serial: str
    model: str
    abis: tuple[str, ...]
    android: str
    sdk: int | None
    memory_bytes: int | None
    free_memory_bytes: int | None
    free_bytes: int | None
    battery_percent: float | None
    is_charging: bool | None
    battery_celsius: float | None
    thermal: str | None
    app: App


def read_facts(phone: Phone) -> Facts:
    """Ask the phone. Changes nothing on it.

    Raises:
        PhoneError: it went away.
    """

    def text(*words: str) -> str:
        return phone.run(*words).text

    def prop(name: str) -> str:
        return text("getprop", name)

    memory = text("cat", "/proc/meminfo")
    battery = text("dumpsys", "battery")
    level, scale = number(r"^ *level: (\d+)", battery), number(r"^ *scale: (\d+)", battery) or 100
    celsius = number(r"^ *temperature: (-?\d+)", battery)
    status = number(r"^ *status: (\d+)", battery)
    return Facts(
        serial=phone.serial,
        model=" ".join(filter(None, (prop("ro.product.manufacturer"), prop("ro.product.model")))),
        abis=abis(phone),
        android=prop("ro.build.version.release"),
        sdk=number(r"^(\d+)$", prop("ro.build.version.sdk")),
        memory_bytes=kibibytes("MemTotal", memory),
        free_memory_bytes=kibibytes("MemAvailable", memory),
        free_bytes=free_bytes(phone),
        battery_percent=None if level is None else 100 * level / scale,
        is_charging=None if status is None else status in _ON_POWER,
        battery_celsius=None if celsius is None else celsius / 10,
        thermal=thermal(text("dumpsys", "thermalservice")),
        app=read_app(phone),
    )


def abis(phone: Phone) -> tuple[str, ...]:
    """What machine code the phone runs, the best first."""
    return tuple(filter(None, phone.run("getprop", "ro.product.cpu.abilist").text.split(",")))


def free_bytes(phone: Phone) -> int | None:
    """Room on the phone for data of apps, and for what adb sends."""
    lines = phone.run("df", "-kP", "/data").text.splitlines()
    columns = lines[-1].split() if len(lines) > 1 else []
    return int(columns[3]) * 1024 if len(columns) > 3 and columns[3].isdigit() else None


def read_app(phone: Phone) -> App:
    """Whether the app is installed, and whether adb may enter its folder."""
    if "package:" not in phone.run("pm", "path", PACKAGE).text:
        return App(is_installed=False, is_debuggable=False)
    version = re.search(r"versionName=(\S+)", phone.run("dumpsys", "package", PACKAGE).text)
    entered = phone.run("run-as", PACKAGE, "true")
    said = f"{entered.text} {entered.err}".strip()
    is_refused = bool(entered.exit_code) and "not debuggable" in said
    return App(
        is_installed=True,
        is_debuggable=not is_refused,
        version=version[1] if version else "",
        fault=(said or "run-as failed") if entered.exit_code and not is_refused else "",
    )


def require_app(phone: Phone) -> None:
    """End where the app is not there, or does not let adb in.

    Raises:
        PhoneError: with what to do.
    """
    app = read_app(phone)
    if not app.is_installed:
        raise PhoneError(
            f"Upcall's app is not installed on the phone {phone.serial}.", next_step="upcall deploy install APK"
        )
    if not app.is_debuggable:
        raise PhoneError(
            f"The app on the phone {phone.serial} is a release build, which lets no computer into its folder.",
            allowed="a debuggable build",
            next_step=f"adb uninstall {PACKAGE} (this deletes its conversations and models), then upcall deploy install "
            "with the debug APK; or fetch models in the app itself",
        )
    if app.fault:
        raise PhoneError(
            f"The phone {phone.serial} lets nobody into the app's folder: {app.fault}",
            next_step="restart the phone; if that does not help, use another or fetch models in the app itself",
        )


def number(pattern: str, text: str) -> int | None:
    """The whole number that the pattern's group finds, in a text of lines."""
    found = re.search(pattern, text, re.MULTILINE)
    return int(found[1]) if found else None


def kibibytes(name: str, text: str) -> int | None:
    """A line of /proc/meminfo, in bytes."""
    found = number(rf"^{name}: *(\d+) kB", text)
    return None if found is None else found * 1024


def thermal(text: str) -> str | None:
    """The level of ``dumpsys thermalservice``; None before Android 10, which has none."""
    status = number(r"^ *Thermal Status: (\d+)", text)
    return _THERMAL[status] if status is not None and status < len(_THERMAL) else None
