"""An APK is looked at before it is sent, and what a phone answers is said in plain words."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.deploy.conftest import SERIAL, Deploy
from tests.deploy.fake_phone import FakePhone
from upcall.deploy.cli.install import app
from upcall.edge_runtime.errors import InputError, PhoneError

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # adbutils leaves refused connections open


def write_apk(path: Path, *abis: str, package: str = "dev.upcall.app") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("AndroidManifest.xml", b"\x03\x00\x08\x00" + package.encode("utf-16-le"))
        archive.writestr("classes.dex", b"dex\n035\0" * 40_000)
        for abi in abis:
            archive.writestr(f"lib/{abi}/libonnxruntime.so", b"\x7fELF")
    return path


@pytest.fixture
def apk(tmp_path: Path) -> Path:
    return write_apk(tmp_path / "upcall.apk", "arm64-v8a", "x86_64")


def test_installs(deploy: Deploy, fake: FakePhone, apk: Path) -> None:
    fake.forget("installed")
    done = deploy(app, str(apk))
    assert done.exit_code == 0, done.exception
    assert "arm64-v8a, x86_64" in done.output
    assert (fake.root / "state/installed").exists()
    assert not list(fake.staging.iterdir())


def test_what_was_sent_is_the_apk(deploy: Deploy, fake: FakePhone, apk: Path) -> None:
    # A package manager that keeps what it was given.
    (fake.root / "bin/pm").write_text('#!/bin/sh\nfor last do :; done\ncp "$last" "$ROOT/got.apk"; echo Success\n')
    assert deploy(app, str(apk)).exit_code == 0
    assert (fake.root / "got.apk").read_bytes() == apk.read_bytes()


def test_wrong_abi(deploy: Deploy, fake: FakePhone, tmp_path: Path) -> None:
    done = deploy(app, str(write_apk(tmp_path / "x86.apk", "x86_64")))
    assert isinstance(done.exception, PhoneError)
    assert "engines for x86_64" in str(done.exception)
    assert "runs arm64-v8a, armeabi-v7a" in str(done.exception)
    assert "sync:" not in fake.services


def test_an_app_without_engines_is_told(deploy: Deploy, tmp_path: Path) -> None:
    assert "no engine in it" in deploy(app, str(write_apk(tmp_path / "bare.apk"))).output


def test_android_too_old(deploy: Deploy, fake: FakePhone, apk: Path) -> None:
    fake.tell("props/ro.build.version.sdk", "25")
    assert "SDK 25" in str(deploy(app, str(apk)).exception)


def test_no_room(deploy: Deploy, fake: FakePhone, apk: Path) -> None:
    fake.tell("free_kib", "100")
    assert "0 MB free" in str(deploy(app, str(apk)).exception)
    assert "sync:" not in fake.services


@pytest.mark.parametrize(
    ("answer", "problem", "next_step"),
    [
        (
            "Failure [INSTALL_FAILED_VERSION_DOWNGRADE: Downgrade detected: Update version code 1 is older than current 2]",
            "a newer version",
            "adb uninstall",
        ),
        (
            "Failure [INSTALL_FAILED_UPDATE_INCOMPATIBLE: Existing package dev.upcall.app signatures do not match]",
            "signed with another key",
            "deletes its conversations and models",
        ),
        ("Failure [INSTALL_FAILED_NO_MATCHING_ABIS: Failed to extract native libraries, res=-113]", "no engine", "ABI"),
        ("Failure [INSTALL_FAILED_USER_RESTRICTED: Install canceled by user]", "forbid", "Install via USB"),
        ("Failure [INSTALL_SOMETHING_NEW: who knows]", "INSTALL_SOMETHING_NEW", "doctor"),
        ("java.lang.IllegalStateException: odd", "odd", "doctor"),
        ("", "does not say why", "doctor"),
    ],
)
def test_refusals_in_plain_words(
    deploy: Deploy, fake: FakePhone, apk: Path, answer: str, problem: str, next_step: str
) -> None:
    fake.tell("pm_install", answer)
    done = deploy(app, str(apk))
    assert isinstance(done.exception, PhoneError)
    assert problem in str(done.exception)
    assert next_step in str(done.exception)
    assert not list(fake.staging.iterdir())


def test_a_phone_that_goes(deploy: Deploy, fake: FakePhone, apk: Path) -> None:
    fake.goes_after_bytes = 70_000
    assert f"The phone {SERIAL} went away" in str(deploy(app, str(apk)).exception)
    fake.come_back()
    assert deploy(app, str(apk)).exit_code == 0


def test_what_is_no_apk(deploy: Deploy, fake: FakePhone, tmp_path: Path) -> None:
    (tmp_path / "x.apk").write_bytes(b"PK\x03\x04 not at all")
    for path in ("absent.apk", "x.apk", write_apk(tmp_path / "other.apk", package="com.example").name):
        done = deploy(app, str(tmp_path / path))
        assert isinstance(done.exception, InputError)
        assert done.exception.next_step
    assert not fake.services


def test_dry_run_changes_nothing(deploy: Deploy, fake: FakePhone, apk: Path) -> None:
    fake.forget("installed")
    assert f"to {SERIAL}" in deploy(app, str(apk), "--dry-run").output
    assert not (fake.root / "state/installed").exists()
    assert not fake.staging.exists()
