"""A hub in miniature: a server that speaks what huggingface_hub asks for, and the ways in which it fails."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.export.folder import write_folder
from upcall.export.sources.hub import is_repository

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PROGRAM = textwrap.dedent(
    """
    import sys
    from upcall.edge_runtime.errors import UpcallError
    from upcall.export.sources.model_files import locate, read_model
    try:
        found = locate(sys.argv[1], revision=sys.argv[2])
        print(found.name, found.revision, read_model(found.path).shape.layers)
    except UpcallError as error:
        print(type(error).__name__, error)
    """
)


class Hub(ThreadingHTTPServer):
    """Serves one model.

    Args:
        folder: its files.
    """

    def __init__(self, folder: Path) -> None:
        self.files = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.requests: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        self.server.requests.append(f"{self.command} {self.path}")
        prefix, _, name = self.path.rpartition("/")
        if self.path in ("/api/models/Org/Tiny/revision/main", f"/api/models/Org/Tiny/revision/{COMMIT}"):
            files = [{"rfilename": file} for file in self.server.files]
            body = json.dumps({"id": "Org/Tiny", "sha": COMMIT, "siblings": files}).encode()
            self._send(200, body, {"Content-Type": "application/json"}, with_body)
        elif prefix == f"/Org/Tiny/resolve/{COMMIT}" and name in self.server.files:
            body = self.server.files[name]
            etag = hashlib.sha256(body).hexdigest()
            self._send(200, body, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}, with_body)
        else:
            code = "RevisionNotFound" if "/Org/Tiny/" in self.path else "RepoNotFound"
            self._send(404, b"", {"X-Error-Code": code}, with_body)

    def _send(self, status: int, body: bytes, headers: dict[str, str], with_body: bool) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    server = Hub(write_folder(tmp_path / "served", "qwen3"))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def locate(home: Path, endpoint: str, repository: str = "Org/Tiny", revision: str = "") -> str:
    # Other tests run transformers in this process, which is told by the environment to stay offline.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, repository, revision],
        env={**environment, "UPCALL_HOME": str(home), "HF_ENDPOINT": endpoint, "HOME": str(home / "nobody")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_model_is_downloaded_once(home: Path, hub: Hub) -> None:
    assert locate(home, hub.endpoint) == f"tiny Org/Tiny@{COMMIT} 2"
    assert any(request.startswith("GET") and "model.safetensors" in request for request in hub.requests)
    hub.requests.clear()
    assert locate(home, hub.endpoint, revision=COMMIT) == f"tiny Org/Tiny@{COMMIT} 2"
    assert hub.requests == []
    assert {path.name for path in home.iterdir()} == {"hub"}


def test_an_interrupted_download_is_completed(home: Path, hub: Hub) -> None:
    locate(home, hub.endpoint)
    next((home / "hub").glob("models--*/snapshots/*/model.safetensors")).unlink()
    assert locate(home, hub.endpoint) == f"tiny Org/Tiny@{COMMIT} 2"


def test_a_hub_out_of_reach(home: Path) -> None:
    said = locate(home, "http://127.0.0.1:9")
    assert said.startswith("ModelError The model Org/Tiny cannot be had from http://127.0.0.1:9")
    assert "Next: check the network" in said


def test_unknown_names(home: Path, hub: Hub) -> None:
    assert "no revision 'v9'" in locate(home, hub.endpoint, revision="v9")
    assert "The hub has no model Org/Other" in locate(home, hub.endpoint, "Org/Other")


def test_a_model_without_safetensors(home: Path, hub: Hub) -> None:
    hub.files["pytorch_model.bin"] = hub.files.pop("model.safetensors")
    said = locate(home, hub.endpoint)
    assert said.startswith("ModelError")
    assert "safetensors" in said


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Org/Tiny", True),
        ("a/b.c-d_e", True),
        ("tiny", False),
        ("a/b/c", False),
        ("../x", False),
        ("./x", False),
        ("/x", False),
    ],
)
def test_names_of_a_hub(name: str, expected: bool) -> None:
    assert is_repository(name) is expected
