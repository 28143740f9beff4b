"""Debian's own adb client understands the fake server, so the fake speaks adb's protocol and not one that only we know."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.conftest import SERIAL
from tests.deploy.fake_phone import FakePhone
from tests.deploy.fake_server import FakeServer
from tests.deploy.test_installing import write_apk
from tests.deploy.test_quoting import HOSTILE
from upcall.deploy.contract import ask_request, read_report
from upcall.edge_runtime.bundle import open_bundle

ADB = shutil.which("adb")
pytestmark = pytest.mark.skipif(ADB is None and not os.environ.get("CI"), reason="adb is not installed")


Adb = Callable[..., subprocess.CompletedProcess[bytes]]
DOCS = Path(__file__).parents[2] / "docs/android.md"


@pytest.fixture
def adb(server: FakeServer, tmp_path: Path) -> Adb:
    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        assert ADB is not None
        return subprocess.run(
            [ADB, "-P", str(server.port), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
            timeout=60,
            check=False,
        )

    return run


def test_devices(adb: Adb, fake: FakePhone) -> None:
    done = adb("devices", "-l")
    assert done.stderr == b""
    assert SERIAL in done.stdout.decode()
    assert "model:Pixel_Test" in done.stdout.decode()
    fake.state = "unauthorized"
    assert f"{SERIAL}\tunauthorized" in adb("devices").stdout.decode()
    assert "unauthorized" in adb("shell", "true").stderr.decode()


def test_shell(adb: Adb) -> None:
    for text in HOSTILE:
        done = adb("shell", f"printf '%s|' {shlex.quote(text)}; echo wrong >&2; exit 7")
        assert (done.stdout.decode(), done.stderr, done.returncode) == (f"{text}|", b"wrong\n", 7)


def test_push_and_pull(adb: Adb, fake: FakePhone, tmp_path: Path) -> None:
    content = os.urandom(300_000)
    (tmp_path / "some file").write_bytes(content)
    done = adb("push", "some file", "/data/local/tmp/some file")
    assert done.returncode == 0, done
    assert (fake.root / "data/local/tmp/some file").read_bytes() == content
    done = adb("pull", "/data/local/tmp/some file", "back")
    assert done.returncode == 0, done
    assert (tmp_path / "back").read_bytes() == content
    assert "some file" in adb("ls", "/data/local/tmp").stdout.decode()
    fake.room_bytes = 1000
    assert "No space left on device" in adb("push", "back", "/data/local/tmp/x").stdout.decode()


def test_what_the_docs_say_works_with_adb_alone(adb: Adb, fake: FakePhone, tiny_bundle: Path, tmp_path: Path) -> None:
    fake.forget("installed")
    write_apk(tmp_path / "app-debug.apk", "arm64-v8a")
    name = "smollm2-135m-instruct-onnx_int4_g32"
    shutil.copytree(tiny_bundle, tmp_path / name)
    section = DOCS.read_text(encoding="utf-8").partition("### With adb alone")[2]
    lines = section.partition("```\n")[2].partition("```")[0].splitlines()
    assert len(lines) > 5
    for line in lines:
        command, *arguments = shlex.split(line)
        assert command == "adb"
        done = adb(*arguments)
        assert done.returncode == 0, (line, done)
    assert open_bundle(fake.app_files / "models" / name)
    assert not fake.staging.exists()
    report = read_report(done.stdout, ask_request("demo", "x", strategy=None, bundle=None))
    assert report["answer"] == "What is 12 + 30?"
