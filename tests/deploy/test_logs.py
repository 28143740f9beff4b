"""The log of the app's process, and of no other."""

from __future__ import annotations

import pytest

from tests.deploy.conftest import SERIAL, Deploy
from tests.deploy.fake_phone import FakePhone
from upcall.deploy import logs
from upcall.deploy.adb import Phone
from upcall.deploy.cli.logs import app
from upcall.edge_runtime.errors import PhoneError

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # adbutils leaves refused connections open

LINE = "11-29 20:00:00.000 I/upcall  ( 4321): model loaded\n"


def test_of_the_running_process(deploy: Deploy, fake: FakePhone) -> None:
    fake.tell("pid", "4321")
    fake.tell("log.4321", LINE)
    fake.tell("log.1", "another app's\n")
    assert deploy(app).stdout == LINE


def test_of_the_last_crash(deploy: Deploy, fake: FakePhone) -> None:
    fake.tell(
        "crash", "E AndroidRuntime: Process: com.other, PID: 7\nE AndroidRuntime: Process: dev.upcall.app, PID: 4000\n"
    )
    fake.tell("log.4000", LINE)
    assert deploy(app).stdout == LINE


def test_none(deploy: Deploy) -> None:
    done = deploy(app)
    assert isinstance(done.exception, PhoneError)
    assert "--follow" in str(done.exception)


def test_follow_goes_from_process_to_process(phone: Phone, fake: FakePhone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_CHECK_S", 0.2)
    fake.tell("log.1", "first\n")
    fake.tell("log.2", "second\n")
    pieces = logs.follow(phone)
    assert next(pieces) == b""  # it does not run yet
    fake.tell("pid", "1")
    seen = b""
    while b"first" not in seen:
        seen += next(pieces)
    fake.tell("pid", "2")
    while b"second" not in seen:
        seen += next(pieces)
    assert seen == b"first\nsecond\n"
    fake.go()
    with pytest.raises(PhoneError, match=f"{SERIAL} went away"):
        for _ in range(50):
            next(pieces)
