"""The device side of Upcall. Names are imported when they are used, so that importing this does no work."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upcall.edge_runtime.answer import Answer
    from upcall.edge_runtime.bundle import Bundle, open_bundle
    from upcall.edge_runtime.conversation import Message, Role, SamplingOptions
    from upcall.edge_runtime.decision.decide import Circumstances, Place, Reason, RouteDecision, Strategy, decide
    from upcall.edge_runtime.engines.opening import EngineName
    from upcall.edge_runtime.errors import UpcallError
    from upcall.edge_runtime.escalation import CloudEndpoint
    from upcall.edge_runtime.events import Decided, Done, Failed, Redacted, Restored, Token, Usage
    from upcall.edge_runtime.opening import open_detector, open_session
    from upcall.edge_runtime.question import AskOptions
    from upcall.edge_runtime.redaction import RedactedText, Vault, redact, restore
    from upcall.edge_runtime.session import Session

_MODULES = {
    "bundle": ("Bundle", "open_bundle"),
    "conversation": ("Message", "Role", "SamplingOptions"),
    "decision.decide": ("Circumstances", "Place", "Reason", "RouteDecision", "Strategy", "decide"),
    "errors": ("UpcallError",),
    "events": ("Decided", "Done", "Failed", "Redacted", "Restored", "Token", "Usage"),
    "answer": ("Answer",),
    "engines.opening": ("EngineName",),
    "escalation": ("CloudEndpoint",),
    "opening": ("open_detector", "open_session"),
    "question": ("AskOptions",),
    "redaction": ("RedactedText", "Vault", "redact", "restore"),
    "session": ("Session",),
}

__all__ = [
    "Answer",
    "AskOptions",
    "Bundle",
    "Circumstances",
    "CloudEndpoint",
    "Decided",
    "Done",
    "EngineName",
    "Failed",
    "Message",
    "Place",
    "Reason",
    "Redacted",
    "RedactedText",
    "Restored",
    "Role",
    "RouteDecision",
    "SamplingOptions",
    "Session",
    "Strategy",
    "Token",
    "UpcallError",
    "Usage",
    "Vault",
    "decide",
    "open_bundle",
    "open_detector",
    "open_session",
    "redact",
    "restore",
]


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"upcall.edge_runtime.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
