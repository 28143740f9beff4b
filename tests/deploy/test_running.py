"""A question to the app on the phone, and what comes of it."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from tests.deploy.conftest import SERIAL, Deploy
from tests.deploy.fake_phone import FakePhone
from tests.deploy.test_quoting import HOSTILE
from upcall.deploy import asking
from upcall.deploy.adb import Phone
from upcall.deploy.cli.run import app
from upcall.deploy.contract import ask_request
from upcall.edge_runtime.errors import InputError, PhoneError

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # adbutils leaves refused connections open


def intent(fake: FakePhone) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((fake.root / "state/intent.json").read_text(encoding="utf-8"))
    return told


def reports(fake: FakePhone) -> list[str]:
    folder = fake.app_files / "deploy"
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def test_answer_and_decision(deploy: Deploy, fake: FakePhone) -> None:
    done = deploy(app, "What is 12 + 30?")
    assert done.exit_code == 0, done.exception
    assert done.stdout == "What is 12 + 30?\n"
    assert "device: confident (score -0.01 ≥ -0.85) · 8 tokens · first after 399 ms · 22 tokens/s" in done.stderr
    assert "Nothing left the phone." in done.stderr
    assert intent(fake)["action"] == "dev.upcall.app.ASK"
    assert not reports(fake)  # an answer is nobody's to keep


def test_what_left_the_phone(deploy: Deploy, fake: FakePhone) -> None:
    done = deploy(app, "Write to ann@example.com", "--strategy", "cloud", "--bundle", "tuned")
    assert "Left the phone, 1 EMAIL masked:" in done.stderr
    assert "user: Write to [[EMAIL_1_k7]]" in done.stderr
    assert (intent(fake)["extras"]["strategy"], intent(fake)["extras"]["bundle"]) == ("cloud", "tuned")


def test_json(deploy: Deploy) -> None:
    told = json.loads(deploy(app, "Grüße 😀", "--json").stdout)
    assert (told["answer"], told["state"], told["left_device"]) == ("Grüße 😀", "done", False)


@pytest.mark.parametrize("question", [text for text in HOSTILE if text.strip()])
def test_any_question_arrives_as_it_is(deploy: Deploy, fake: FakePhone, question: str) -> None:
    done = deploy(app, "--json", "--", question)
    assert done.exit_code == 0, done.exception
    assert intent(fake)["extras"]["question"] == question
    assert json.loads(done.stdout)["answer"] == question
    assert not list(fake.root.rglob("pwned"))


def test_an_answer_may_not_steer_the_terminal(deploy: Deploy) -> None:
    assert "\x1b" not in deploy(app, "\x1b[2J").stdout


def test_an_answer_that_takes_its_time(deploy: Deploy, fake: FakePhone) -> None:
    fake.tell("mode", "slow")
    assert deploy(app, "Hello").stdout == "Hello\n"


@pytest.mark.parametrize(
    ("mode", "problem", "next_step"),
    [
        ("hangs", "gave no answer within 1 s", "unlock the phone"),
        ("crashes", "ended before it answered", "upcall deploy logs"),
        ("fails", "The app failed: There is no model.", "upcall deploy push BUNDLE"),
        ("garbles", "report cannot be read: it is no JSON", "app of this version"),
    ],
)
def test_an_app_that_gives_no_answer(deploy: Deploy, fake: FakePhone, mode: str, problem: str, next_step: str) -> None:
    fake.tell("mode", mode)
    done = deploy(app, "Hello", "--timeout-s", "1")
    assert isinstance(done.exception, PhoneError)
    assert problem in str(done.exception)
    assert next_step in str(done.exception)
    assert "Hello" not in str(done.exception)
    assert not reports(fake)


def test_an_app_that_does_not_start(deploy: Deploy, fake: FakePhone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_START_S", 0.3)
    (fake.root / "bin/am").write_text("#!/bin/sh\necho Starting\n")
    assert "did not start" in str(deploy(app, "Hello").exception)
    (fake.root / "bin/am").write_text("#!/bin/sh\necho 'Error type 3'\n")
    assert "cannot start the app" in str(deploy(app, "Hello").exception)


def test_a_phone_that_goes_meanwhile(phone: Phone, fake: FakePhone) -> None:
    fake.tell("mode", "hangs")
    request = ask_request("r-1", "Hello", strategy=None, bundle=None)
    with pytest.raises(PhoneError, match=f"The phone {SERIAL} went away"):
        asking.ask(phone, request, timeout_s=5, waiting=lambda _: fake.go())


def test_reports_left_behind_are_removed(deploy: Deploy, fake: FakePhone) -> None:
    folder = fake.app_files / "deploy"
    folder.mkdir()
    for name, age_s in (("old.json", 3 * 86400), ("new.json", 0)):
        (folder / name).write_text("{}")
        then = (folder / name).stat().st_mtime - age_s
        os.utime(folder / name, (then, then))
    deploy(app, "Hello")
    assert reports(fake) == ["new.json"]


@pytest.mark.parametrize(
    ("missing", "next_step"), [("installed", "upcall deploy install"), ("debuggable", "debug APK")]
)
def test_an_app_that_lets_nobody_in(deploy: Deploy, fake: FakePhone, missing: str, next_step: str) -> None:
    fake.forget(missing)
    assert next_step in str(deploy(app, "Hello").exception)
    assert not (fake.root / "state/intent.json").exists()


def test_a_phone_whose_run_as_is_broken(deploy: Deploy, fake: FakePhone) -> None:
    fake.tell("run_as", "run-as: couldn't stat /data/user/0: No such file or directory")
    assert "couldn't stat /data/user/0" in str(deploy(app, "Hello").exception)


@pytest.mark.parametrize("arguments", [["  "], ["a\0b"], ["x" * 70_000], ["Hello", "--bundle", "../x"]])
def test_what_cannot_be_asked(deploy: Deploy, fake: FakePhone, arguments: list[str]) -> None:
    assert isinstance(deploy(app, *arguments).exception, InputError)
    assert not fake.services


def test_dry_run_changes_nothing(deploy: Deploy, fake: FakePhone) -> None:
    done = deploy(app, "It's $(x)", "--dry-run")
    assert "am start -n dev.upcall.app/.MainActivity -a dev.upcall.app.ASK" in done.stderr
    assert not (fake.root / "state/intent.json").exists()
