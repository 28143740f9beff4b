"""The gRPC service that hosts the large model. Names are imported when they are used, so that importing this does no work."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upcall.cloud_service.admission.auth import ApiKeys, create_key
    from upcall.cloud_service.engine import Engine, EngineInfo
    from upcall.cloud_service.engines.llamacpp import LlamaCppEngine, LlamaCppOptions
    from upcall.cloud_service.server import CloudServer, ServerOptions, serve

_MODULES = {
    "admission.auth": ("ApiKeys", "create_key"),
    "engine": ("Engine", "EngineInfo"),
    "engines.llamacpp": ("LlamaCppEngine", "LlamaCppOptions"),
    "server": ("CloudServer", "ServerOptions", "serve"),
}

__all__ = [
    "ApiKeys",
    "CloudServer",
    "Engine",
    "EngineInfo",
    "LlamaCppEngine",
    "LlamaCppOptions",
    "ServerOptions",
    "create_key",
    "serve",
]


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"upcall.cloud_service.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
