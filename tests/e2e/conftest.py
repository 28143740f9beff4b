"""The real service and the real models."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.service import CLOUD_MODEL, UPCALL, Service, start
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.errors import BundleError
from upcall.edge_runtime.opening import default_bundle_path


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts a service of its own for a test that kills it."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(start(tmp_path, arguments))


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The real large model, shared by all tests that leave it alive."""
    with start(tmp_path_factory.mktemp("service"), ["--model", CLOUD_MODEL]) as running:
        yield running


@pytest.fixture(scope="session")
def device_bundle() -> Path:
    """The exported device model; exported now if it is not there yet."""
    path = default_bundle_path()
    try:
        open_bundle(path)
    except BundleError:
        subprocess.run([*UPCALL, "export", "smollm2-135m-instruct", "--to", "onnx", "--force"], check=True)
    return path
