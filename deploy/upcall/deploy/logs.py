"""What the app's own process wrote to the phone's log; no line of another app."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

from upcall.deploy.adb import Phone
from upcall.deploy.contract import PACKAGE
from upcall.edge_runtime.errors import PhoneError

_CHECK_S = 2.0
"""How often it is looked whether the app has a new process."""
_CRASH = re.compile(rf"Process: {re.escape(PACKAGE)}, PID: (\d+)")


def recent(phone: Phone) -> bytes:
    """The log of the running process, or of the one that crashed last.

    Raises:
        PhoneError: it does not run and no crash is recorded.
    """
    process = _process(phone) or _crashed(phone)
    if process is None:
        raise PhoneError(
            "The app is not running, and the phone's log holds no crash of it.",
            next_step="start it (upcall deploy run 'Hello'), or wait for it with --follow",
        )
    return phone.call("logcat", "-d", "-v", "time", f"--pid={process}", what="read its log").out


def follow(phone: Phone) -> Iterator[bytes]:
    """The log as it grows, from process to process, until the phone goes away. Empty pieces while nothing is written.

    Raises:
        PhoneError: the phone went away.
    """
    while True:
        if (process := _process(phone)) is None:
            # Nothing is written: the command only waits, and ends early where the phone goes away.
            phone.run("sleep", f"{_CHECK_S:.0f}")
            yield b""
            continue
        with closing(phone.stream("logcat", "-v", "time", f"--pid={process}", idle_s=_CHECK_S)) as pieces:
            for piece in pieces:
                yield piece
                if not piece and _process(phone) != process:
                    break


def _process(phone: Phone) -> str | None:
    words = phone.run("pidof", PACKAGE).text.split()
    return words[0] if words and words[0].isdigit() else None


def _crashed(phone: Phone) -> str | None:
    found = _CRASH.findall(phone.run("logcat", "-b", "crash", "-d").text)
    return found[-1] if found else None
