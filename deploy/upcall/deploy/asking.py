"""Asks the app on the phone by an intent, and waits for its report, which is taken away from there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from upcall.deploy.adb import Phone
from upcall.deploy.contract import PACKAGE, REPORTS, Request, read_report
from upcall.edge_runtime.errors import PhoneError

_POLL_S = 0.5
_START_S = 15.0
"""For the app's process to appear after its start was asked for."""
_OLD_REPORTS = 'if [ -d "$1" ]; then find "$1" -type f -mtime +0 -exec rm -f {} +; fi'
"""Older than a day. Android's find knows no minutes before Android 11."""


def ask(
    phone: Phone, request: Request, *, timeout_s: float, waiting: Callable[[float], None] = lambda _: None
) -> dict[str, Any]:
    """Start the app with the request and give its report.

    Args:
        phone: whose app is debuggable.
        request: to make.
        timeout_s: for the report.
        waiting: told now and then how many seconds it took so far.

    Raises:
        PhoneError: the app cannot be started, ended, gave no report in time or one that cannot be read.
    """
    # What a lost connection left behind: answers are nobody's to keep.
    phone.run("run-as", PACKAGE, "sh", "-c", _OLD_REPORTS, "sh", REPORTS)
    report = f"{REPORTS}/{request.request_id}"
    started = phone.run(*request.words())
    if started.exit_code or "Error" in f"{started.text}\n{started.err}":
        raise PhoneError(
            f"The phone {phone.serial} cannot start the app.",
            next_step="upcall deploy install APK, with the one of this version of Upcall",
        )
    try:
        content = _wait(phone, f"{report}.json", timeout_s=timeout_s, waiting=waiting)
    finally:
        _remove(phone, f"{report}.json", f"{report}.part")
    return read_report(content, request)


def _wait(phone: Phone, path: str, *, timeout_s: float, waiting: Callable[[float], None]) -> bytes:
    begun = time.monotonic()
    was_seen = False
    while True:
        # Asked before the report is looked for: an app that reports and then ends has not crashed.
        is_running = not phone.run("pidof", PACKAGE).exit_code
        read = phone.run("run-as", PACKAGE, "cat", path)
        if not read.exit_code:
            return read.out
        was_seen = was_seen or is_running
        passed_s = time.monotonic() - begun
        if not is_running and (was_seen or passed_s > _START_S):
            raise PhoneError(
                "The app ended before it answered." if was_seen else "The app did not start.",
                next_step="upcall deploy logs",
            )
        if passed_s > timeout_s:
            raise PhoneError(
                f"The app gave no answer within {timeout_s:.0f} s.",
                next_step="unlock the phone and look at the app; upcall deploy logs; or a longer --timeout-s",
            )
        waiting(passed_s)
        time.sleep(_POLL_S)


def _remove(phone: Phone, *paths: str) -> None:
    try:
        phone.run("run-as", PACKAGE, "rm", "-f", *paths)
    except PhoneError:
        return  # it went away: what ended the wait is told, and the next request removes old reports
