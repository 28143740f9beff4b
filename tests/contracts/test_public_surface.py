"""The public names of each package, so that none appears or goes by accident."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

SURFACE = Path(__file__).with_name("public_surface.txt")
PACKAGES = [
    "upcall.edge_runtime",
    "upcall.edge_runtime.escalation",
    "upcall.edge_runtime.downloads",
    "upcall.edge_runtime.redaction",
    "upcall.cloud_service",
    "upcall.export",
]


def surface() -> list[str]:
    return [f"{package}.{name}" for package in PACKAGES for name in sorted(importlib.import_module(package).__all__)]


def test_surface_is_the_committed_one() -> None:
    assert surface() == SURFACE.read_text(encoding="utf-8").splitlines(), f"meant? then change {SURFACE.name} too"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_documented(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        assert (getattr(module, name).__doc__ or "").strip(), f"{package}.{name} has no docstring"
