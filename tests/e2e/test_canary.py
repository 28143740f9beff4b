"""A private string in a prompt reaches no packet, log or error; what stands for it does reach the cloud."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.service import CLOUD_MODEL, UPCALL, Service

pytestmark = pytest.mark.weights

CANARIES = {
    "EMAIL": "canary.q7x@example.org",
    "CREDIT_CARD": "4111 1111 1111 1111",
    "IBAN": "GB82 WEST 1234 5698 7654 32",
    "US_SSN": "536-90-4399",
    "IP_ADDRESS": "203.0.113.77",
    "SECRET": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "CUSTOM": "Zephyrine Quillfeather",
}
QUESTION = "Repeat this list: " + "; ".join(CANARIES.values())
ETH_P_ALL = 3


@contextmanager
def captured_loopback() -> Iterator[list[bytes]]:
    """Every frame on the loopback interface, while the block runs."""
    try:
        sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    except PermissionError:
        assert not os.environ.get("CI"), "CI must be allowed to capture packets"
        pytest.skip("capturing packets on loopback needs CAP_NET_RAW")
    sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    sniffer.bind(("lo", 0))
    sniffer.settimeout(0.2)
    frames: list[bytes] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            try:
                frames.append(sniffer.recv(1 << 17))
            except TimeoutError:
                continue

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield frames
    finally:
        is_over.set()
        reader.join()
        sniffer.close()


def ask(service: Service, bundle: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    options = ["--cloud", service.target, "--strategy", "cloud", "--private", CANARIES["CUSTOM"]]
    options += ["--max-output-tokens", "200", "--cloud-timeout-ms", "300000"]
    return subprocess.run(
        [*UPCALL, "ask", QUESTION, "--bundle", str(bundle), *options, *arguments],
        env={**os.environ, "UPCALL_API_KEY": service.api_key, "GRPC_VERBOSITY": "debug", "GRPC_TRACE": "http"},
        capture_output=True,
        text=True,
        check=False,
    )


def parts(canary: str) -> list[bytes]:
    """The canary as written and without separators."""
    return [canary.encode(), canary.replace(" ", "").replace("-", "").encode()]


def leaked(payload: bytes) -> list[str]:
    return [kind for kind, canary in CANARIES.items() if any(part in payload for part in parts(canary))]


def assert_nothing_leaked(done: subprocess.CompletedProcess[str], frames: list[bytes], service: Service) -> None:
    """The question went up with placeholders, and no canary is on the wire or in a log. Ends the service."""
    assert done.returncode == 0, done.stderr
    payload = b"".join(frames)
    for kind in CANARIES:
        assert f"[[{kind}_1_".encode() in payload, f"the capture missed the placeholder of {kind}"
    assert not leaked(payload)
    assert not leaked(done.stderr.encode())
    service.process.terminate()
    service.process.wait(timeout=30)
    assert service.process.stdout is not None
    assert not leaked(service.log.read_bytes() + service.process.stdout.read().encode())


def test_no_canary_on_the_wire_or_in_a_log(start_service: Callable[..., Service], device_bundle: Path) -> None:
    service = start_service("--model", CLOUD_MODEL)
    with captured_loopback() as frames:
        done = ask(service, device_bundle)
    assert_nothing_leaked(done, frames, service)


def test_no_canary_in_an_error(start_service: Callable[..., Service], device_bundle: Path, tmp_path: Path) -> None:
    service = start_service("--engine", "scripted")
    service.kill()
    empty = tmp_path / "empty"
    empty.mkdir()
    for arguments in ([], ["--bundle", str(empty)], ["--cloud", "example.org:443"], ["--max-output-tokens", "0"]):
        done = ask(service, device_bundle, *arguments)
        assert not leaked(done.stderr.encode()), arguments
        assert "Traceback" not in done.stderr
    assert not leaked(service.log.read_bytes())
