"""A bundle arrives whole or not at all, and a second try sends only what is missing."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploy.conftest import SERIAL, Deploy
from tests.deploy.fake_phone import FakePhone
from tests.deploy.fake_server import FakeServer
from upcall.deploy import payload, pushing
from upcall.deploy.cli.push import app
from upcall.edge_runtime.bundle import MANIFEST, MODEL_ONNX, TOKENIZER, open_bundle
from upcall.edge_runtime.downloads.catalogue import ModelFile, find
from upcall.edge_runtime.downloads.store import mark_verified
from upcall.edge_runtime.errors import BundleError, InputError, ModelError, PhoneError
from upcall.edge_runtime.opening import NAME_MODEL

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # adbutils leaves refused connections open

PIECE = 2048


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pushing, "PIECE_BYTES", PIECE)
    return Path(shutil.copytree(tiny_bundle, tmp_path / "tiny-bundle"))


def on_phone(fake: FakePhone) -> Path:
    return fake.app_files / "models/tiny-bundle"


def same(bundle: Path, there: Path) -> bool:
    def read(folder: Path) -> dict[str, bytes]:
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    return read(bundle) == read(there)


def sent(fake: FakePhone) -> int:
    return sum(service == "sync:" for service in fake.services)


def test_a_bundle_arrives_whole(deploy: Deploy, fake: FakePhone, bundle: Path) -> None:
    done = deploy(app, str(bundle))
    assert done.exit_code == 0, done.exception
    assert same(bundle, on_phone(fake))
    assert open_bundle(on_phone(fake))
    assert not list(fake.staging.iterdir())


def test_a_second_push_sends_nothing(deploy: Deploy, fake: FakePhone, bundle: Path) -> None:
    deploy(app, str(bundle))
    before = sent(fake)
    done = deploy(app, str(bundle))
    assert "already" in done.output
    assert sent(fake) == before


def test_only_what_changed_is_sent(deploy: Deploy, fake: FakePhone, bundle: Path) -> None:
    deploy(app, str(bundle))
    (on_phone(fake) / TOKENIZER).write_bytes(b"bit rot")
    (on_phone(fake) / "left over.part").write_bytes(b"x")
    model = (on_phone(fake) / MODEL_ONNX).stat().st_ino
    done = deploy(app, str(bundle))
    assert "3 of 4" in done.output or "3 of 5" in done.output
    assert same(bundle, on_phone(fake))
    assert (on_phone(fake) / MODEL_ONNX).stat().st_ino == model


def test_the_manifest_comes_last(deploy: Deploy, fake: FakePhone, bundle: Path) -> None:
    deploy(app, str(bundle))
    (on_phone(fake) / TOKENIZER).write_bytes(b"bit rot")
    fake.goes_after_bytes = 0
    assert deploy(app, str(bundle)).exit_code
    # The app must not take what is half exchanged for a bundle.
    assert not (on_phone(fake) / MANIFEST).exists()
    fake.come_back()
    assert deploy(app, str(bundle)).exit_code == 0
    assert same(bundle, on_phone(fake))


def test_a_phone_that_goes_in_mid_push_and_comes_back(
    deploy: Deploy, fake: FakePhone, server: FakeServer, bundle: Path
) -> None:
    size = (bundle / MODEL_ONNX).stat().st_size
    fake.goes_after_bytes = 3 * PIECE + 10
    done = deploy(app, str(bundle))
    assert isinstance(done.exception, PhoneError)
    assert f"The phone {SERIAL} went away" in str(done.exception)
    assert "goes on where it stopped" in str(done.exception)
    assert not (on_phone(fake) / MANIFEST).exists()
    part = fake.staging / "tiny-bundle" / f"{MODEL_ONNX}.part"
    assert part.read_bytes() == (bundle / MODEL_ONNX).read_bytes()[: 3 * PIECE]
    fake.come_back()
    fake.services.clear()
    dry = deploy(app, str(bundle), "--dry-run")
    assert f"would be sent: {size - 3 * PIECE:,} bytes" in dry.output
    assert not sent(fake)
    done = deploy(app, str(bundle))
    assert done.exit_code == 0, done.exception
    assert same(bundle, on_phone(fake))


def test_a_beginning_that_is_another_is_sent_again(deploy: Deploy, fake: FakePhone, bundle: Path) -> None:
    part = fake.staging / "tiny-bundle" / f"{MODEL_ONNX}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(os.urandom(PIECE))
    assert deploy(app, str(bundle)).exit_code == 0
    assert same(bundle, on_phone(fake))


def test_a_full_phone_is_refused_before_anything_is_sent(deploy: Deploy, fake: FakePhone, bundle: Path) -> None:
    fake.tell("free_kib", "40000")
    done = deploy(app, str(bundle))
    assert isinstance(done.exception, PhoneError)
    assert "41 MB free" in str(done.exception)
    assert not sent(fake)
    assert not fake.staging.exists()


def test_a_phone_that_is_full_in_mid_push(deploy: Deploy, fake: FakePhone, bundle: Path) -> None:
    fake.room_bytes = 2 * PIECE
    done = deploy(app, str(bundle))
    assert isinstance(done.exception, PhoneError)
    assert f"The storage of the phone {SERIAL} is full" in str(done.exception)
    fake.room_bytes = None
    assert deploy(app, str(bundle)).exit_code == 0
    assert same(bundle, on_phone(fake))


def test_a_phone_that_is_full_when_the_app_copies(deploy: Deploy, fake: FakePhone, bundle: Path) -> None:
    on_phone(fake).mkdir(parents=True)
    (on_phone(fake) / f"{MODEL_ONNX}.part").symlink_to("/dev/full")
    done = deploy(app, str(bundle))
    assert "is full" in str(done.exception)
    assert not (on_phone(fake) / f"{MODEL_ONNX}.part").is_symlink()
    assert deploy(app, str(bundle)).exit_code == 0
    assert same(bundle, on_phone(fake))


def test_a_model_that_is_too_large_for_the_phone(deploy: Deploy, fake: FakePhone, bundle: Path) -> None:
    (fake.root / "proc/meminfo").write_text("MemTotal:           8 kB\n")
    done = deploy(app, str(bundle))
    assert "GB of memory" in str(done.exception)
    assert not sent(fake)


def test_a_damaged_bundle_never_leaves(deploy: Deploy, fake: FakePhone, bundle: Path) -> None:
    (bundle / TOKENIZER).write_bytes(b"{}")
    assert isinstance(deploy(app, str(bundle)).exception, BundleError)
    assert not fake.services


@pytest.mark.parametrize(
    ("missing", "next_step"), [("installed", "upcall deploy install"), ("debuggable", "debug APK")]
)
def test_an_app_that_lets_nobody_in(
    deploy: Deploy, fake: FakePhone, bundle: Path, missing: str, next_step: str
) -> None:
    fake.forget(missing)
    done = deploy(app, str(bundle))
    assert isinstance(done.exception, PhoneError)
    assert next_step in str(done.exception)
    assert not fake.staging.exists()


def test_dry_run_changes_nothing(deploy: Deploy, fake: FakePhone, bundle: Path) -> None:
    done = deploy(app, str(bundle), "--dry-run")
    assert done.exit_code == 0, done.exception
    assert MODEL_ONNX in done.output
    assert "would be sent" in done.output
    assert not sent(fake)
    assert not fake.staging.exists()
    assert not list(fake.app_files.iterdir())


def test_names(deploy: Deploy, fake: FakePhone, bundle: Path) -> None:
    hostile = bundle.rename(bundle.with_name("$(touch pwned) 'x'"))
    assert isinstance(deploy(app, str(hostile)).exception, InputError)
    assert deploy(app, str(hostile), "--name", "tiny-bundle").exit_code == 0
    assert same(hostile, on_phone(fake))
    assert isinstance(deploy(app, str(hostile), "--name", "../x").exception, InputError)


@pytest.mark.skipif(
    not (shutil.which("toybox") and shutil.which("mksh")) and not os.environ.get("CI"), reason="not installed"
)
def test_on_the_shell_and_tools_of_android(server: FakeServer, deploy: Deploy, bundle: Path, tmp_path: Path) -> None:
    android = FakePhone(tmp_path / "android", "toybox", tools="toybox")
    server.phones[:] = [android]
    android.goes_after_bytes = 3 * PIECE + 10
    assert deploy(app, str(bundle)).exit_code
    android.come_back()
    (android.app_files / "models/tiny-bundle").mkdir(parents=True, exist_ok=True)
    (android.app_files / "models/tiny-bundle/old\nfile $(x)").write_bytes(b"x")
    done = deploy(app, str(bundle))
    assert done.exit_code == 0, done.exception
    assert same(bundle, on_phone(android))
    assert "already" in deploy(app, str(bundle)).output


@pytest.fixture
def name_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pulled name model of small files."""
    folder = tmp_path / "home/models/rampart"
    folder.mkdir(parents=True)
    files = []
    for name, content in (("model_q4.onnx", os.urandom(3 * PIECE)), ("tokenizer.json", b"{}"), ("config.json", b"[]")):
        (folder / name).write_bytes(content)
        files.append(ModelFile(name, len(content), hashlib.sha256(content).hexdigest(), ()))
        mark_verified(folder, files[-1])
    monkeypatch.setenv("UPCALL_HOME", str(tmp_path / "home"))
    entry = replace(find(NAME_MODEL), files=tuple(files))
    monkeypatch.setattr(payload, "find", lambda _: entry)
    return folder


def test_the_name_model(deploy: Deploy, fake: FakePhone, bundle: Path, name_model: Path) -> None:
    assert deploy(app, str(bundle), "--names").exit_code == 0
    assert same(bundle, on_phone(fake))
    there = fake.app_files / "models/rampart"
    assert sorted(path.name for path in there.iterdir()) == ["config.json", "model_q4.onnx", "tokenizer.json"]
    assert (there / "model_q4.onnx").read_bytes() == (name_model / "model_q4.onnx").read_bytes()
    assert "rampart is on the phone" in deploy(app, "--names").output


def test_a_name_model_that_is_not_here(
    deploy: Deploy, fake: FakePhone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPCALL_HOME", str(tmp_path))
    done = deploy(app, "--names")
    assert isinstance(done.exception, ModelError)
    assert "upcall pull rampart" in str(done.exception)
    assert not fake.services


def test_nothing_to_push(deploy: Deploy) -> None:
    assert isinstance(deploy(app).exception, InputError)
