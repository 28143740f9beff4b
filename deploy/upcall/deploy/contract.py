"""What the PC and the app agree on: names, requests, and reports as JSON. Vectors: proto/vectors/deploy.json."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from upcall.edge_runtime.decision.decide import Strategy
from upcall.edge_runtime.errors import InputError, PhoneError

PACKAGE = "dev.upcall.app"
ACTIVITY = f"{PACKAGE}/.MainActivity"
MODELS = "files/models"
"""Where the app keeps bundles, from its own folder: one folder each, with a manifest.json once it is whole."""
REPORTS = "files/deploy"
STAGING = "/data/local/tmp/upcall"
"""Where adb may write; a debuggable app may read it."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_BUNDLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Action(StrEnum):
    """What an intent asks of the app."""

    ASK = "dev.upcall.app.ASK"
    BENCH = "dev.upcall.app.BENCH"


@dataclass(frozen=True, slots=True)
class Request:
    """One intent. ``extras`` are strings and whole numbers, by name."""

    action: Action
    request_id: str
    extras: dict[str, str | int]

    def words(self) -> list[str]:
        """The command that starts it on the phone."""
        words = ["am", "start", "-n", ACTIVITY, "-a", str(self.action), "--es", "request_id", self.request_id]
        for name, value in self.extras.items():
            words += ["--ei", name, str(value)] if isinstance(value, int) else ["--es", name, value]
        return words


def ask_request(request_id: str, question: str, *, strategy: Strategy | None, bundle: str | None) -> Request:
    """Ask a question in a new conversation.

    Raises:
        InputError: the question is empty, or a name is none.
    """
    if not question.strip():
        raise InputError("The question is empty.", allowed="some text")
    extras: dict[str, str | int] = {"question": question}
    if strategy is not None:
        extras["strategy"] = str(strategy)
    if bundle is not None:
        extras["bundle"] = checked_bundle_name(bundle)
    return Request(Action.ASK, checked_request_id(request_id), extras)


def bench_request(request_id: str, *, bundle: str, output_tokens: int, rounds: int) -> Request:
    """Measure a bundle.

    Raises:
        InputError: a name is none.
    """
    extras: dict[str, str | int] = {
        "bundle": checked_bundle_name(bundle),
        "output_tokens": output_tokens,
        "rounds": rounds,
    }
    return Request(Action.BENCH, checked_request_id(request_id), extras)


def checked_request_id(given: str) -> str:
    """The identifier, if it can be the name of a report.

    Raises:
        InputError: it cannot.
    """
    if not _REQUEST_ID.fullmatch(given):
        raise InputError(f"{given!r:.80} is no identifier of a request.", allowed="1 to 64 letters, digits and hyphens")
    return given


def checked_bundle_name(given: str) -> str:
    """The name of a bundle on the phone, which is that of its folder.

    Raises:
        InputError: it is no plain name.
    """
    if not _BUNDLE_NAME.fullmatch(given):
        raise InputError(
            f"{given!r:.120} cannot name a bundle on the phone.",
            allowed="letters, digits, '.', '_' and '-', 100 at most, beginning with a letter or digit",
            next_step="give another with --name, or rename its folder",
        )
    return given


_NUMBER = (int, float)
_OPTIONAL_NUMBER = (int, float, type(None))
_OPTIONAL_TEXT = (str, type(None))
_ASK_FIELDS: dict[str, tuple[type, ...]] = {
    "request_id": (str,),
    "bundle": _OPTIONAL_TEXT,
    "answer": _OPTIONAL_TEXT,
    "place": _OPTIONAL_TEXT,
    "reason": _OPTIONAL_TEXT,
    "score": _OPTIONAL_NUMBER,
    "threshold": _OPTIONAL_NUMBER,
    "output_tokens": (int, type(None)),
    "tokens_per_s": _OPTIONAL_NUMBER,
    "time_to_first_token_ms": _OPTIONAL_NUMBER,
    "total_ms": _OPTIONAL_NUMBER,
    "left_device": (bool,),
    "sent": (list,),
    "masked": (dict,),
    "error": (dict, type(None)),
    "state": (str,),
}
_BENCH_FIELDS: dict[str, tuple[type, ...]] = {
    "request_id": (str,),
    "bundle": _OPTIONAL_TEXT,
    "engine": _OPTIONAL_TEXT,
    "engine_version": _OPTIONAL_TEXT,
    "load_ms": _OPTIONAL_NUMBER,
    "rounds": (list,),
    "by_position": (list,),
    "peak_rss_bytes": (int, type(None)),
    "thermal_before": _OPTIONAL_TEXT,
    "thermal_after": _OPTIONAL_TEXT,
    "battery_percent": _OPTIONAL_NUMBER,
    "device": (dict,),
    "state": (str,),
    "error": (dict, type(None)),
}
ROUND_FIELDS = ("prompt_tokens", "time_to_first_token_ms", "prefill_tokens_per_s", "decode_tokens_per_s")
POSITION_FIELDS = ("position", "decode_tokens_per_s")


def read_report(content: bytes, request: Request) -> dict[str, Any]:
    """A report of the app on this request, checked key by key.

    Raises:
        PhoneError: it is no such report, or the app says that it failed; with the app's own words.
    """
    fields = _ASK_FIELDS if request.action is Action.ASK else _BENCH_FIELDS
    try:
        report = json.loads(content)
    except ValueError:
        raise _unreadable("it is no JSON") from None
    if not isinstance(report, dict):
        raise _unreadable("it is no JSON object")
    for name, kinds in fields.items():
        if name not in report:
            raise _unreadable(f"it lacks {name}")
        if not isinstance(report[name], kinds) or (isinstance(report[name], bool) and bool not in kinds):
            raise _unreadable(f"{name} is of another type")
    if report["request_id"] != request.request_id:
        raise _unreadable("it answers another request")
    if report["state"] not in ("done", "failed"):
        raise _unreadable("its state is neither done nor failed")
    for each in report["rounds"] if request.action is Action.BENCH else []:
        if not isinstance(each, dict) or not all(isinstance(each.get(name), _NUMBER) for name in ROUND_FIELDS):
            raise _unreadable("a round lacks a figure")
    for each in report["by_position"] if request.action is Action.BENCH else []:
        if not isinstance(each, dict) or not all(isinstance(each.get(name), _NUMBER) for name in POSITION_FIELDS):
            raise _unreadable("a speed by position lacks a figure")
    return report


def raise_failure(report: dict[str, Any]) -> None:
    """End where the app says that it failed.

    Raises:
        PhoneError: with the problem and next step that the app names.
    """
    if report["state"] == "done":
        return
    error = report["error"] or {}
    problem = error.get("problem") or "it does not say why"
    raise PhoneError(
        f"The app failed: {problem}",
        allowed=error.get("allowed") or "",
        next_step=error.get("next_step") or "upcall deploy logs",
    )


def _unreadable(why: str) -> PhoneError:
    return PhoneError(
        f"The app's report cannot be read: {why}.", next_step="install the app of this version of Upcall on the phone"
    )
