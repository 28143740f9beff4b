"""From doctor to bench through Debian's own adb server, which reaches the fake phone as it reaches a real one over TCP."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.deploy.fake_adbd import FakeDaemon
from tests.deploy.fake_phone import FakePhone
from tests.deploy.test_installing import write_apk
from tests.deploy.test_pushing import PIECE, same
from upcall.deploy import pushing
from upcall.deploy.cli.bench import app as bench
from upcall.deploy.cli.doctor import app as doctor
from upcall.deploy.cli.install import app as install
from upcall.deploy.cli.logs import app as logs
from upcall.deploy.cli.push import app as push
from upcall.deploy.cli.run import app as run
from upcall.edge_runtime.bundle import MODEL_ONNX

ADB = shutil.which("adb")
pytestmark = [
    pytest.mark.skipif(ADB is None and not os.environ.get("CI"), reason="adb is not installed"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),  # adbutils leaves refused connections open
]
Adb = Callable[..., str]


@pytest.fixture
def adb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Adb]:
    """A real adb server of this test's own; runs its client."""
    assert ADB is not None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "ADB_MDNS": "0", "TMPDIR": str(tmp_path)}
    server = subprocess.Popen(
        [ADB, "-P", port, "nodaemon", "server"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def client(*arguments: str) -> str:
        done = subprocess.run(
            [ADB, "-P", port, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout + done.stderr

    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", port)
    monkeypatch.delenv("ANDROID_SERIAL", raising=False)
    monkeypatch.setattr(pushing, "PIECE_BYTES", PIECE)
    try:
        _until(lambda: _listens(int(port)))
        yield client
    finally:
        server.terminate()
        server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    pytest.fail("it did not come about within 30 s")


def deploy(app: typer.Typer, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.slow
def test_from_doctor_to_bench(adb: Adb, tmp_path: Path, tiny_bundle: Path) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "tiny-bundle"))
    fake = FakePhone(tmp_path / "phone", "unused")
    fake.forget("installed")
    with FakeDaemon(fake) as daemon:
        assert "connected" in adb("connect", daemon.address)
        _until(lambda: f"{daemon.address}\tdevice" in adb("devices"))
        assert "Not as it must be: app." in str(deploy(doctor).exception)
        assert deploy(install, str(write_apk(tmp_path / "upcall.apk", "arm64-v8a"))).exit_code == 0
        assert deploy(doctor).exit_code == 0

        fake.goes_after_bytes = 3 * PIECE + 10
        done = deploy(push, str(bundle))
        assert "went away" in str(done.exception)
        part = fake.staging / "tiny-bundle" / f"{MODEL_ONNX}.part"
        assert part.stat().st_size == 3 * PIECE
        fake.come_back()
        adb("disconnect", daemon.address)
        assert "connected" in adb("connect", daemon.address)
        _until(lambda: f"{daemon.address}\tdevice" in adb("devices"))
        done = deploy(push, str(bundle), "--serial", daemon.address)
        assert done.exit_code == 0, done.exception
        assert same(bundle, fake.app_files / "models/tiny-bundle")

        question = 'It\'s $(touch pwned) "x" 😀\nand\t* more'
        done = deploy(run, question)
        assert done.stdout == f"{question}\n"
        done = deploy(bench, str(bundle), "--rounds", "2", "--output-tokens", "3")
        assert "this machine" in done.stdout, done.exception
        fake.tell("log.4321", "11-29 20:00:00.000 I/upcall: ready\n")
        assert "ready" in deploy(logs).stdout
        assert not list(tmp_path.rglob("pwned"))


def test_an_unauthorised_phone(adb: Adb, tmp_path: Path) -> None:
    fake = FakePhone(tmp_path / "phone", "unused")
    fake.state = "unauthorized"
    with FakeDaemon(fake) as daemon:
        adb("connect", daemon.address)
        _until(lambda: f"{daemon.address}\tunauthorized" in adb("devices"))
        said = str(deploy(doctor).exception)
        assert "cannot be used" in said
        assert "allow USB debugging" in said
