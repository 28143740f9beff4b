"""A fake phone behind a fake adb server, and the commands on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.deploy.fake_phone import FakePhone
from tests.deploy.fake_server import FakeServer
from upcall.deploy import asking, pushing
from upcall.deploy.adb import Phone
from upcall.deploy.connecting import connect

SERIAL = "R5CT1234ABC"
Deploy = Callable[..., Result]


@pytest.fixture
def fake(tmp_path: Path) -> FakePhone:
    return FakePhone(tmp_path / "phone", SERIAL)


@pytest.fixture
def server(fake: FakePhone, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with FakeServer([fake]) as served:
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(served.port))
        monkeypatch.delenv("ANDROID_ADB_SERVER_ADDRESS", raising=False)
        monkeypatch.delenv("ANDROID_SERIAL", raising=False)
        # Whatever happens, no real server of this machine is started or asked.
        monkeypatch.setenv("ADBUTILS_ADB_PATH", "/nonexistent/adb")
        monkeypatch.setattr(asking, "_POLL_S", 0.05)
        monkeypatch.setattr(pushing, "PIECE_BYTES", 1 << 16)
        yield served


@pytest.fixture
def phone(server: FakeServer) -> Phone:
    return connect(None)


@pytest.fixture
def deploy(server: FakeServer) -> Deploy:
    """Runs a command's app with its arguments; an error is the result's exception."""

    def run(app: typer.Typer, *arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return run
