"""Which phone is meant, and what is said where none can be used."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from tests.deploy.conftest import SERIAL, Deploy
from tests.deploy.fake_phone import FakePhone
from tests.deploy.fake_server import FakeServer
from upcall.deploy.cli.doctor import app as doctor_app
from upcall.deploy.connecting import connect
from upcall.edge_runtime.errors import InputError, PhoneError

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # adbutils leaves refused connections open


def refused(serial: str | None = None) -> str:
    with pytest.raises(PhoneError) as error:
        connect(serial)
    return str(error.value)


def test_the_only_phone(server: FakeServer) -> None:
    assert connect(None).serial == SERIAL


def test_no_server_is_told_and_none_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(port))
    said = refused()
    assert f"No adb server answers on 127.0.0.1:{port}" in said
    assert "adb start-server" in said
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


@pytest.mark.parametrize("port", ["x", "0", "65536", "²"])
def test_a_port_that_is_none(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", port)
    with pytest.raises(InputError, match="ANDROID_ADB_SERVER_PORT"):
        connect(None)


def test_something_else_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(listening: socket.socket) -> None:
        for _ in range(2):  # the look whether anything is there, and the request
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening,))
        thread.start()
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(listening.getsockname()[1]))
        assert "is no adb server" in refused()
        thread.join()


def test_no_phone(server: FakeServer) -> None:
    server.phones.clear()
    said = refused()
    assert "No phone is connected" in said
    assert "USB debugging" in said


@pytest.mark.parametrize(
    ("state", "next_step"),
    [("unauthorized", "allow USB debugging"), ("offline", "plug it in again"), ("no permissions; see [x]", "udev")],
)
def test_a_phone_that_is_not_ready(server: FakeServer, fake: FakePhone, state: str, next_step: str) -> None:
    fake.state = state
    said = refused()
    assert SERIAL in said
    assert state.split(";")[0] in said
    assert next_step in said


def test_several_phones_are_refused_without_a_serial(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deploy: Deploy
) -> None:
    server.phones.append(FakePhone(tmp_path / "other", "emulator-5554"))
    said = refused()
    assert "2 phones are connected" in said
    assert SERIAL in said
    assert "emulator-5554" in said
    assert "--serial" in said
    assert connect("emulator-5554").serial == "emulator-5554"
    assert "There is no phone 'nobody'" in refused("nobody")
    monkeypatch.setenv("ANDROID_SERIAL", "emulator-5554")
    assert "emulator-5554" in deploy(doctor_app).output
