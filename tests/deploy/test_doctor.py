"""What the doctor finds and advises."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.deploy.conftest import Deploy
from tests.deploy.fake_phone import FakePhone
from upcall.deploy.cli.doctor import app
from upcall.edge_runtime.errors import PhoneError


def test_a_phone_that_is_as_it_must_be(deploy: Deploy, fake: FakePhone) -> None:
    done = deploy(app)
    assert done.exit_code == 0, done.output
    for told in (
        "Google Pixel Test",
        "Android  15 (SDK 35)",
        "arm64-v8a",
        "8.0 GB, 3.5 GB of it free",
        "room     8.2 GB free",
        "85 %, charging",
        "thermal status light, battery at 28 °C",
        "version 0.1.0, debuggable",
    ):
        assert told in done.output
    assert "NO " not in done.output


def test_json(deploy: Deploy) -> None:
    told = json.loads(deploy(app, "--json").stdout)
    assert told["memory_bytes"] == 7823456 * 1024
    assert told["app"] == {"is_installed": True, "is_debuggable": True, "version": "0.1.0", "fault": ""}
    assert all(check["holds"] for check in told["checks"])


def _old(fake: FakePhone) -> None:
    fake.tell("props/ro.build.version.sdk", "25")


def _wrong_abi(fake: FakePhone) -> None:
    fake.tell("props/ro.product.cpu.abilist", "armeabi-v7a,armeabi")


def _small(fake: FakePhone) -> None:
    (fake.root / "proc/meminfo").write_text("MemTotal: 1000000 kB\nMemAvailable: 200000 kB\n")


@pytest.mark.parametrize(
    ("change", "name", "next_step"),
    [
        (_old, "Android", "Android 8"),
        (_wrong_abi, "ABI", "64-bit"),
        (_small, "memory", "1.5 GB"),
        (lambda fake: fake.tell("free_kib", "1000"), "room", "free 500 MB"),
        (lambda fake: fake.tell("battery", "  status: 3\n  level: 9\n  scale: 100\n"), "battery", "charge it"),
        (lambda fake: fake.tell("thermal", "Thermal Status: 3\n"), "heat", "cool down"),
        (lambda fake: fake.forget("installed"), "app", "upcall deploy install"),
        (lambda fake: fake.forget("debuggable"), "app", "debug APK"),
        (lambda fake: fake.tell("run_as", "run-as: couldn't stat /data/user/0"), "app", "restart the phone"),
    ],
)
def test_what_is_wrong_and_what_to_do(
    deploy: Deploy, fake: FakePhone, change: Callable[[FakePhone], None], name: str, next_step: str
) -> None:
    change(fake)
    done = deploy(app)
    assert isinstance(done.exception, PhoneError)
    assert done.exception.exit_code == 10
    assert f"Not as it must be: {name}." in str(done.exception)
    assert next_step in str(done.exception)
    assert any(line.startswith("NO") and name in line for line in done.output.splitlines())


def test_what_a_phone_does_not_tell_is_no_fault(deploy: Deploy, fake: FakePhone) -> None:
    fake.forget("thermal")  # before Android 10
    fake.tell("battery", "Can't find service: battery\n")
    done = deploy(app)
    assert done.exit_code == 0, done.output
    assert "?   battery  unknown" in done.output


def test_a_phone_may_not_steer_the_terminal(deploy: Deploy, fake: FakePhone) -> None:
    fake.tell("props/ro.product.model", "\x1b[2Jgone [bold]x[/bold]")
    assert "\\x1b[2Jgone [bold]x[/bold]" in deploy(app).output
