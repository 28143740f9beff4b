"""Finds the phone that is meant: one that is connected and authorised, and never a guess among several."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upcall.edge_runtime.errors import InputError, PhoneError, require

if TYPE_CHECKING:
    from upcall.deploy.adb import Phone, ServerClient

DEFAULT_PORT = 5037
_STATES = {
    "unauthorized": "unlock it and allow USB debugging in the dialog; no dialog: adb kill-server, then plug it in again",
    "authorizing": "unlock it, allow USB debugging in the dialog, and try again",
    "offline": "plug it in again, or switch USB debugging off and on",
    "connecting": "wait a moment and try again",
    "no": "let your user reach it: install android-sdk-platform-tools-common (udev rules), join the group plugdev, log in anew",
    "recovery": "start Android on it: adb reboot",
    "sideload": "start Android on it: adb reboot",
    "bootloader": "start Android on it: fastboot reboot",
}
"""What to do, by the state in which adb lists a phone."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A phone as the adb server lists it."""

    serial: str
    state: str
    model: str

    @property
    def is_ready(self) -> bool:
        """Whether commands reach it."""
        return self.state == "device"

    @property
    def next_step(self) -> str:
        """What makes it ready."""
        return _STATES.get(self.state, "start Android on it and plug it in again")

    def __str__(self) -> str:
        state = "no permissions" if self.state == "no" else self.state
        return f"{self.serial} ({', '.join(filter(None, (self.model, state)))})"


def server() -> ServerClient:
    """The client of the adb server; ANDROID_ADB_SERVER_ADDRESS and ANDROID_ADB_SERVER_PORT name another, as for adb itself.

    Raises:
        MissingExtraError: adbutils is not installed.
        InputError: the port is no number.
    """
    port = os.environ.get("ANDROID_ADB_SERVER_PORT", "") or str(DEFAULT_PORT)
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise InputError(f"ANDROID_ADB_SERVER_PORT is {port!r:.40}.", allowed="1 to 65535")
    require("adbutils", extra="deploy")
    from upcall.deploy.adb import ServerClient

    return ServerClient(host=os.environ.get("ANDROID_ADB_SERVER_ADDRESS") or "127.0.0.1", port=int(port))


def listed(client: ServerClient) -> list[Listed]:
    """All phones that the server knows, ready or not.

    Raises:
        PhoneError: there is no server, or what answers is none.
    """
    from adbutils.errors import AdbError

    try:
        return [Listed(found.serial, found.state, found.tags.get("model", "")) for found in client.list(extended=True)]
    except (AdbError, OSError, ValueError):
        raise PhoneError(
            f"What answers on {client.host}:{client.port} is no adb server.",
            next_step="adb kill-server; adb start-server",
        ) from None


def connect(serial: str | None) -> Phone:
    """The phone of this serial; without one, the only phone there is.

    Raises:
        PhoneError: there is no server or no phone, it is not ready, or there are several.
        MissingExtraError: adbutils is not installed.
    """
    client = server()
    return choose(client, listed(client), serial)


def choose(client: ServerClient, found: list[Listed], serial: str | None) -> Phone:
    """The phone that is meant, of those listed.

    Raises:
        PhoneError: as ``connect``.
    """
    from upcall.deploy.adb import Phone

    names = ", ".join(map(str, found))
    if not found:
        raise PhoneError(
            "No phone is connected.",
            next_step="switch on USB debugging (Settings, About phone: tap the build number seven times; then Developer "
            "options), plug it in and allow this computer; a cable may be for charging only",
        )
    if serial:
        found = [phone for phone in found if phone.serial == serial]
        if not found:
            raise PhoneError(f"There is no phone {serial!r:.80}.", allowed=names)
    if len(found) > 1:
        raise PhoneError(
            f"{len(found)} phones are connected: {names}.",
            next_step="say which: --serial SERIAL, or ANDROID_SERIAL=SERIAL",
        )
    (phone,) = found
    if not phone.is_ready:
        raise PhoneError(f"The phone {phone} cannot be used.", next_step=phone.next_step)
    return Phone(client, phone.serial)
