from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import pytest

from upcall.cloud_service.engines.socket_folder import SOCKET, socket_folder, sweep

OWNER = """
import os, socket
from upcall.cloud_service.engines.socket_folder import socket_folder
with socket_folder() as place:
    os.chdir(place.parent)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(place.name)
    print(place, flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@contextmanager
def owner(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that holds a folder with a socket in it."""
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path[1:])}
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_a_folder_is_private_and_goes_with_its_socket(temporary: Path) -> None:
    with socket_folder() as place:
        assert place.name == SOCKET
        assert place.parent.stat().st_mode & 0o777 == 0o700
        place.touch()
    assert not list(temporary.iterdir())


def test_the_folder_of_a_killed_process_is_swept_and_that_of_a_live_one_is_not(temporary: Path) -> None:
    with owner(temporary) as (killed, left), owner(temporary) as (_, alive):
        assert left.is_socket()
        assert alive.is_socket()
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert left.is_socket()
        with socket_folder():
            assert not left.parent.exists()
        sweep()
        assert alive.is_socket()


def test_a_folder_of_an_earlier_version_is_swept(temporary: Path) -> None:
    old = temporary / "upcall-x1"
    old.mkdir(mode=0o700)
    with chdir(old), socket.socket(socket.AF_UNIX) as listening:
        listening.bind(SOCKET)
    sweep()
    assert not old.exists()


def test_what_others_keep_under_such_a_name_stays(temporary: Path) -> None:
    full, empty, link, file = (temporary / f"upcall-{name}" for name in ("full", "empty", "link", "file"))
    full.mkdir()
    (full / SOCKET).touch()
    (full / "notes").touch()
    empty.mkdir()
    target = temporary / "target"
    target.mkdir()
    (target / SOCKET).touch()
    link.symlink_to(target)
    file.touch()
    sweep()
    assert (full / SOCKET).exists()
    assert empty.exists()
    assert (target / SOCKET).exists()
    assert file.exists()
