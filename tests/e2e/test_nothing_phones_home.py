"""A whole ``upcall ask`` under strace: every socket that it opens, every file that it writes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.service import UPCALL, Service
from upcall.edge_runtime.home import upcall_home

pytestmark = pytest.mark.weights

TRACED = (
    "network,open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,truncate"
)
TRACED += ",unlink,unlinkat"
PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')
DEVICES = {"/dev/null", "/dev/tty"}


@pytest.fixture(scope="module")
def trace(service: Service, device_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    strace = shutil.which("strace")
    if strace is None:
        assert not os.environ.get("CI"), "CI must have strace"
        pytest.skip("strace is not installed")
    output = tmp_path_factory.mktemp("trace") / "trace.txt"
    question = "Copy this address: ann.lee@example.com"
    tracer = [strace, "-f", "-qq", "-y", "-s", "4096", "-e", f"trace={TRACED}", "-o", str(output)]
    options = [
        "--cloud",
        service.target,
        "--threshold",
        "0",
        "--max-output-tokens",
        "20",
        "--cloud-timeout-ms",
        "300000",
    ]
    done = subprocess.run(
        [*tracer, *UPCALL, "ask", question, "--bundle", str(device_bundle), *options],
        # The interpreter's own cache of compiled modules lies beside the sources and is no file of Upcall.
        env={**os.environ, "UPCALL_API_KEY": service.api_key, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "cloud: not confident" in done.stderr, "the question must have gone up, or the trace shows little"
    return output.read_text(errors="replace")


# gRPC asks the kernel whether there is IPv6 by binding a socket to its own loopback, with no port and no peer.
IPV6_PROBE = "bind ::1:0"


def test_only_the_escalation_endpoint_is_spoken_to(trace: str, service: Service) -> None:
    calls = {found for line in trace.splitlines() if (found := _socket_call(line))}
    assert calls - {IPV6_PROBE} == {f"connect 127.0.0.1:{service.port}"}


def _socket_call(line: str) -> str:
    """Call and address of a line of the trace that names one; an address without a port stands for itself."""
    call = re.match(r"\d+\s+(\w+)\(", line)
    if call is None or "sa_family=" not in line or call[1] in ("getsockname", "getpeername"):
        return ""
    port = re.search(r"port=htons\((\d+)\)", line)
    address = re.search(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"', line)
    if port is None or address is None:
        return line
    return f"{call[1]} {(address[1] or address[2]).removeprefix('::ffff:')}:{port[1]}"


def test_nothing_is_written_outside_upcall_home(trace: str) -> None:
    home = str(upcall_home().resolve())
    written = set()
    for line in trace.splitlines():
        call = re.match(r"\d+\s+(\w+)\(", line)
        if call is None or re.search(r" = -1 E", line):
            continue
        name = call[1]
        if name in ("open", "openat", "openat2") and not re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND", line):
            continue
        if name.startswith(("open", "creat", "mkdir", "rename", "link", "symlink", "truncate", "unlink")):
            written |= set(PATH.findall(line))
    outside = {path for path in written if not path.startswith(f"{home}/") and path not in DEVICES}
    assert not outside
