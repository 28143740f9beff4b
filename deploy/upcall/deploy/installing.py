"""Installs the app, and says what a phone means when it refuses. Never removes an app by itself: its data would go, too."""

from __future__ import annotations

import re
from collections.abc import Callable

from upcall.deploy.adb import Phone
from upcall.deploy.apk import Apk
from upcall.deploy.checks import LEAST_SDK
from upcall.deploy.contract import PACKAGE, STAGING
from upcall.deploy.facts import abis, free_bytes, number
from upcall.deploy.pushing import PIECE_BYTES
from upcall.deploy.remote_files import append
from upcall.edge_runtime.errors import PhoneError

_INSTALL_TIMEOUT_S = 300.0
_FOLDER = 'umask 022; mkdir -p "$1" && : > "$2"'
_REMOVE = f"adb uninstall {PACKAGE} (this deletes its conversations and models), then give the same command again"
_REFUSALS = {
    "INSTALL_FAILED_VERSION_DOWNGRADE": ("a newer version of the app is installed", _REMOVE),
    "INSTALL_FAILED_UPDATE_INCOMPATIBLE": ("the installed app was signed with another key", _REMOVE),
    "INSTALL_FAILED_SHARED_USER_INCOMPATIBLE": ("the installed app was signed with another key", _REMOVE),
    "INSTALL_FAILED_NO_MATCHING_ABIS": ("it has no engine for this phone's processor", "use the APK for its ABI"),
    "INSTALL_FAILED_INSUFFICIENT_STORAGE": ("its storage is full", "make room on it"),
    "INSTALL_FAILED_OLDER_SDK": ("its Android is too old", "use a phone with Android 8 or later"),
    "INSTALL_FAILED_TEST_ONLY": (
        "the APK is for tests only",
        "use one that was not built by a test run of Android Studio",
    ),
    "INSTALL_FAILED_USER_RESTRICTED": (
        "its settings forbid it",
        "allow it in the dialog on the phone; on some phones switch on 'Install via USB' in Developer options",
    ),
    "INSTALL_FAILED_VERIFICATION_FAILURE": ("it did not pass a check of its own", "switch off 'Verify apps over USB'"),
    "INSTALL_FAILED_ABORTED": ("somebody declined", "allow it in the dialog on the phone"),
    "INSTALL_PARSE_FAILED_NO_CERTIFICATES": ("the APK is not signed", "use one that `make android` signed"),
    "INSTALL_FAILED_INVALID_APK": ("the APK is damaged", "build it again"),
}
"""What package managers answer: in plain words, and what to do."""


def check_fit(phone: Phone, apk: Apk) -> None:
    """End before anything is sent where the APK cannot run on this phone.

    Raises:
        PhoneError: with what it has and what the phone needs.
    """
    wanted = abis(phone)
    if apk.abis and wanted and not set(apk.abis) & set(wanted):
        raise PhoneError(
            f"The APK has engines for {', '.join(apk.abis)}, and the phone {phone.serial} runs {', '.join(wanted)}.",
            allowed="an APK for one of its ABIs",
            next_step="build it for that ABI: docs/android.md",
        )
    sdk = number(r"^(\d+)$", phone.run("getprop", "ro.build.version.sdk").text)
    if sdk is not None and sdk < LEAST_SDK:
        raise PhoneError(f"The phone {phone.serial} has SDK {sdk}.", allowed=f"{LEAST_SDK} (Android 8) or later")
    room = free_bytes(phone)
    if room is not None and room < 2 * apk.size_bytes:
        raise PhoneError(
            f"The phone {phone.serial} has {room / 1e6:,.0f} MB free.",
            allowed=f"{2 * apk.size_bytes / 1e6:,.0f} MB",
            next_step="make room on it",
        )


def install(phone: Phone, apk: Apk, *, progress: Callable[[int], None]) -> None:
    """Send the APK and have the phone install it over an older version; conversations and models stay.

    Raises:
        PhoneError: the phone went away or refuses.
    """
    path = f"{STAGING}/upcall.apk"
    phone.call("sh", "-c", _FOLDER, "sh", STAGING, path, what="make a folder")
    sent = 0
    try:
        with apk.path.open("rb") as file:
            while content := file.read(PIECE_BYTES):
                append(phone, content, path)
                progress(sent := sent + len(content))
        done = phone.run("pm", "install", "-r", "-t", path, timeout_s=_INSTALL_TIMEOUT_S)
    finally:
        _remove(phone, path, f"{path}.piece")
    said = f"{done.text}\n{done.err}"
    if done.exit_code or "Failure" in said or "Success" not in said:
        raise _refusal(phone.serial, said)


def _remove(phone: Phone, *paths: str) -> None:
    try:
        phone.run("rm", "-f", *paths)
    except PhoneError:
        return  # it went away: what ended the installation is told


def _refusal(serial: str, said: str) -> PhoneError:
    found = re.search(r"(?:INSTALL|DELETE)_[A-Z_]+", said)
    if found and found[0] in _REFUSALS:
        problem, next_step = _REFUSALS[found[0]]
        return PhoneError(f"The phone {serial} does not install the app: {problem} ({found[0]}).", next_step=next_step)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    why = found[0] if found else (lines[-1] if lines else "it does not say why")
    return PhoneError(f"The phone {serial} does not install the app: {why}", next_step="upcall deploy doctor")
