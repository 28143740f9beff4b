"""The phone is measured beside this machine, in one form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.deploy.conftest import Deploy
from tests.deploy.fake_phone import FakePhone
from upcall.deploy.cli.bench import app
from upcall.deploy.contract import ROUND_FIELDS
from upcall.deploy.host_benchmark import measure_here
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.errors import InputError, OutputError, PhoneError


def test_both_are_measured(deploy: Deploy, fake: FakePhone, tiny_bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "phone.json"
    done = deploy(app, str(tiny_bundle), "--rounds", "2", "--output-tokens", "5", "--json", str(file))
    assert done.exit_code == 0, done.exception
    for told in (
        "this machine",
        "decode, tokens/s",
        "40.0",
        "512.5",
        "345.7",
        "onnx 1.26.0",
        "decode at 256, tokens/s",
    ):
        assert told in done.stdout, told
    assert "Pixel Test, arm64-v8a, Android 15; heat none before, light after, battery 84 %" in done.stderr
    told = json.loads(file.read_text())
    extras = json.loads((fake.root / "state/intent.json").read_text())["extras"]
    assert (extras["bundle"], extras["rounds"], extras["output_tokens"]) == ("tiny", 2, 5)
    assert [each["prompt_tokens"] for each in told["host"]["rounds"]] == [24, 24]
    assert set(told["phone"]) - set(told["host"]) == {
        "request_id",
        "thermal_before",
        "thermal_after",
        "battery_percent",
        "state",
        "error",
    }


def test_the_phone_alone(deploy: Deploy, tiny_bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "phone.json"
    done = deploy(app, str(tiny_bundle), "--phone-only", "--json", str(file))
    assert "this machine" not in done.stdout
    assert json.loads(file.read_text())["host"] is None


@pytest.mark.parametrize("mode", ["hangs", "crashes", "fails"])
def test_an_app_that_does_not_measure(deploy: Deploy, fake: FakePhone, tiny_bundle: Path, mode: str) -> None:
    fake.tell("mode", mode)
    assert isinstance(deploy(app, str(tiny_bundle), "--timeout-s", "1").exception, PhoneError)


def test_a_file_that_cannot_be_written(deploy: Deploy, tiny_bundle: Path) -> None:
    done = deploy(app, str(tiny_bundle), "--phone-only", "--json", "/nonexistent/phone.json")
    assert isinstance(done.exception, OutputError)


def test_dry_run_changes_nothing(deploy: Deploy, fake: FakePhone, tiny_bundle: Path) -> None:
    assert "dev.upcall.app.BENCH" in deploy(app, str(tiny_bundle), "--dry-run").stderr
    assert not (fake.root / "state/intent.json").exists()


def test_this_machine(tiny_bundle: Path) -> None:
    told = measure_here(open_bundle(tiny_bundle), prompt_tokens=[3, 300], positions=[400], output_tokens=4)
    assert [each["position"] for each in told["by_position"]] == [400]
    assert [each["prompt_tokens"] for each in told["rounds"]] == [3, 300]
    assert all(each[name] > 0 for each in told["rounds"] for name in ROUND_FIELDS)
    assert told["engine"] == "onnx"
    assert told["peak_rss_bytes"] > 10_000_000


def test_more_than_the_context(tiny_bundle: Path) -> None:
    with pytest.raises(InputError, match="514 tokens"):
        measure_here(open_bundle(tiny_bundle), prompt_tokens=[510], output_tokens=4)
