"""The Kotlin runtime on the real models, against the real Python service: what leaves, what comes back, what is decided."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.service import CLOUD_MODEL, UPCALL, Service
from tests.e2e.test_canary import CANARIES, QUESTION, assert_nothing_leaked, captured_loopback, leaked

pytestmark = pytest.mark.weights

SAMPLE = [sys.executable, "-m", "android.check", "--run", "sample-cli"]


@pytest.fixture(scope="module", autouse=True)
def kit() -> None:
    """Compiles the sample, so that the first test is not the slow one."""
    if not (shutil.which("java") and shutil.which("mvn")):
        assert not os.environ.get("CI"), "CI must have a JDK and Maven"
        pytest.skip("the Kotlin modules need a JDK 17 and Maven")
    subprocess.run([*SAMPLE, "--help"], check=True, capture_output=True)


def sample(bundle: Path, *arguments: str, key: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SAMPLE, "--bundle", str(bundle), *arguments],
        env={**os.environ, "UPCALL_API_KEY": key},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_canary_on_the_wire_or_in_a_log(start_service: Callable[..., Service], device_bundle: Path) -> None:
    service = start_service("--model", CLOUD_MODEL)
    options = ["--cloud", service.target, "--strategy", "cloud", "--private", CANARIES["CUSTOM"]]
    with captured_loopback() as frames:
        done = sample(device_bundle, *options, "--max-output-tokens", "60", QUESTION, key=service.api_key)
    assert_nothing_leaked(done, frames, service)


def test_both_runtimes_decide_alike(service: Service, device_bundle: Path) -> None:
    for question in ("What is the capital of France?", "What is 487 + 956?", "Write to ann.lee@example.com."):
        common = ["--cloud", service.target, "--max-output-tokens", "24", question]
        kotlin = sample(device_bundle, *common, key=service.api_key)
        python = subprocess.run(
            [*UPCALL, "ask", "--bundle", str(device_bundle), "--no-ner", "--json", *common],
            env={**os.environ, "UPCALL_API_KEY": service.api_key},
            capture_output=True,
            text=True,
            check=True,
        )
        told = json.loads(python.stdout)
        assert kotlin.returncode == 0, kotlin.stderr
        assert kotlin.stderr.startswith(f"{told['place']}: {told['reason'].replace('_', ' ')}"), kotlin.stderr


def test_a_service_that_is_gone_leaves_the_device(start_service: Callable[..., Service], device_bundle: Path) -> None:
    service = start_service("--engine", "scripted")
    service.kill()
    options = ["--cloud", service.target, "--strategy", "cloud", "--max-output-tokens", "4"]
    done = sample(device_bundle, *options, "What is 12 + 30?", key=service.api_key)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "device: cloud failed" in done.stderr


@pytest.mark.parametrize("arguments", [["--cloud", "example.org:443"], ["--max-output-tokens", "0"]])
def test_an_error_says_what_to_do_and_no_word_of_the_prompt(device_bundle: Path, arguments: list[str]) -> None:
    done = sample(device_bundle, *arguments, QUESTION)
    assert done.returncode == 1
    assert "\nError: " in f"\n{done.stderr}" and "Exception" not in done.stderr
    assert not leaked(done.stderr.encode())


def test_a_folder_that_is_no_bundle(tmp_path: Path) -> None:
    done = sample(tmp_path, "Hi")
    assert done.returncode == 1
    assert "Error: " in done.stderr and "Next: " in done.stderr
