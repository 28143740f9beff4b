"""Turns a model into a verified device bundle. The names are imported when they are used: importing this does no work."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upcall.export.pipeline import StageTime, export
    from upcall.export.plan import ExportPlan

_MODULES = {
    "ExportPlan": "upcall.export.plan",
    "StageTime": "upcall.export.pipeline",
    "export": "upcall.export.pipeline",
}
__all__ = ["ExportPlan", "StageTime", "export"]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
