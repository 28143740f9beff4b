"""The real service and the real models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.service import CLOUD_MODEL, Service, start


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
