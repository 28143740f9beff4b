"""A phone in a folder: what adbd serves, on a real shell and real tools; only Android's own programs are scripts beside it."""

from __future__ import annotations

import os
import socket
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.deploy import fake_programs

PACKAGE = "dev.upcall.app"
FEATURES = "shell_v2,stat_v2,fixed_push_mkdir,fixed_push_symlink_timestamp"
_STDOUT, _STDERR, _EXIT = 1, 2, 3
_REAL_FOLDERS = ("/data/local/tmp", "/data/data/", "/proc/meminfo")


class FakePhone:
    """A phone.

    Args:
        root: a folder that stands for its whole storage.
        serial: by which adb knows it.
        tools: None for this machine's shell and tools; "toybox" for mksh and toybox, which are Android's own.

    What Android's programs answer stands in files of ``root/state``; tests write there.
    """

    def __init__(self, root: Path, serial: str, *, tools: str | None = None) -> None:
        self.root = root
        self.serial = serial
        self.state = "device"
        self.model = "Pixel_Test"
        self.services: list[str] = []
        """Every service that was opened, as it was asked for."""
        self.room_bytes: int | None = None
        """What the sync service may still write before the storage is full."""
        self.goes_after_bytes: int | None = None
        """What the sync service receives before the phone goes away."""
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        for folder in ("bin", "state/props", "proc", "data/local/tmp", f"data/data/{PACKAGE}/files"):
            (root / folder).mkdir(parents=True)
        fake_programs.write(root, tools=tools)

    @property
    def app_files(self) -> Path:
        """The app's folder for files."""
        return self.root / "data/data" / PACKAGE / "files"

    @property
    def staging(self) -> Path:
        """Where adb may write."""
        return self.root / "data/local/tmp/upcall"

    def tell(self, name: str, content: str) -> None:
        """Set what one of Android's programs answers from now on."""
        (self.root / "state" / name).write_text(content, encoding="utf-8")

    def forget(self, name: str) -> None:
        """Take away what one of Android's programs answers."""
        (self.root / "state" / name).unlink()

    def go(self) -> None:
        """Go away: every connection breaks."""
        with self._lock:
            self.state = "gone"
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()

    def come_back(self) -> None:
        """Be there again, with what it had stored."""
        self.goes_after_bytes = None
        self.state = "device"

    def carry(self, connection: socket.socket) -> None:
        """Count a connection as one that breaks when the phone goes away."""
        with self._lock:
            self._connections.add(connection)

    def serve(self, service: str, connection: socket.socket) -> None:
        """Serve one opened stream to its end."""
        self.services.append(service)
        self.carry(connection)
        name, _, rest = service.partition(":")
        kinds: dict[str, Callable[[str, socket.socket], None]] = {"sync": self._sync, "exec": self._raw}
        kinds["shell"] = self._shell if "v2" in name.split(",") else self._raw
        serve = kinds.get(name.partition(",")[0])
        if serve is None:
            connection.sendall(b"FAIL0006closed")
            return
        connection.sendall(b"OKAY")
        try:
            serve(rest, connection)
        finally:
            with self._lock:
                self._connections.discard(connection)

    def path(self, given: str) -> Path:
        """Where a path of the phone is here."""
        return Path(self._here(given))

    def _here(self, text: str) -> str:
        for folder in _REAL_FOLDERS:
            text = text.replace(folder, f"{self.root}{folder}")
        return text

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self.root / "bin/sh", "-c", self._here(command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.root,
            env={"PATH": f"{self.root}/bin:{os.defpath}", "ROOT": str(self.root), "PYTHON": sys.executable},
            start_new_session=True,
        )

    def _raw(self, command: str, connection: socket.socket) -> None:
        """Both outputs as they come, and no exit code: the first shell protocol."""
        process = self._start(f"exec 2>&1; {command}")
        assert process.stdout is not None
        ended = threading.Thread(target=_end_with, args=(connection, process), daemon=True)
        ended.start()
        try:
            while piece := os.read(process.stdout.fileno(), 65536):
                connection.sendall(piece)
        except OSError:
            pass  # the client is gone
        _finish(process)

    def _shell(self, command: str, connection: socket.socket) -> None:
        """Both outputs and the exit code in packets: the second shell protocol."""
        process = self._start(command)
        out, err = process.communicate()
        for kind, content in ((_STDOUT, out), (_STDERR, err)):
            for start in range(0, len(content), 16384):
                piece = content[start : start + 16384]
                connection.sendall(struct.pack("<BI", kind, len(piece)) + piece)
        connection.sendall(struct.pack("<BIB", _EXIT, 1, process.returncode & 0xFF))

    def _sync(self, _: str, connection: socket.socket) -> None:
        while True:
            request, size = struct.unpack("<4sI", exactly(connection, 8))
            if request == b"QUIT":
                return
            path = exactly(connection, size).decode()
            kinds = {b"SEND": self._receive, b"RECV": self._send, b"LIST": self._list}
            if request in kinds:
                kinds[request](path, connection)
            elif request == b"STAT":
                found = _stat(self.path(path))
                mode, length, at = (found.st_mode, found.st_size, int(found.st_mtime)) if found else (0, 0, 0)
                connection.sendall(b"STAT" + struct.pack("<III", mode, length, at))
            elif request in (b"STA2", b"LST2"):
                connection.sendall(request + _stat_v2(_stat(self.path(path))))
            else:
                _fail(connection, "unknown command")
                return

    def _receive(self, path: str, connection: socket.socket) -> None:
        name, _, mode = path.rpartition(",")
        target = self.path(name)
        content, is_full = bytearray(), False
        while True:
            packet, size = struct.unpack("<4sI", exactly(connection, 8))
            if packet == b"DONE":
                break
            assert packet == b"DATA"
            assert size <= 65536
            content += exactly(connection, size)
            if self.goes_after_bytes is not None:
                self.goes_after_bytes -= size
                if self.goes_after_bytes < 0:
                    return self.go()
            is_full = is_full or (self.room_bytes is not None and len(content) > self.room_bytes)
        if is_full:
            return _fail(connection, "couldn't write file: No space left on device")
        if self.room_bytes is not None:
            self.room_bytes -= len(content)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            target.chmod(stat.S_IMODE(int(mode)))
        except OSError as error:
            return _fail(connection, f"couldn't create file: {error.strerror}")
        connection.sendall(b"OKAY" + struct.pack("<I", 0))
        return None

    def _send(self, path: str, connection: socket.socket) -> None:
        try:
            content = self.path(path).read_bytes()
        except OSError as error:
            return _fail(connection, f"open failed: {error.strerror}")
        for start in range(0, len(content), 65536):
            piece = content[start : start + 65536]
            connection.sendall(b"DATA" + struct.pack("<I", len(piece)) + piece)
        connection.sendall(b"DONE" + struct.pack("<I", 0))
        return None

    def _list(self, path: str, connection: socket.socket) -> None:
        for each in sorted(self.path(path).iterdir()):
            found, name = each.lstat(), os.fsencode(each.name)
            head = struct.pack("<IIII", found.st_mode, found.st_size, int(found.st_mtime), len(name))
            connection.sendall(b"DENT" + head + name)
        connection.sendall(b"DONE" + bytes(16))


def exactly(connection: socket.socket, count: int) -> bytes:
    """So many bytes of a connection.

    Raises:
        ConnectionError: it ended before.
    """
    content = bytearray()
    while len(content) < count:
        piece = connection.recv(count - len(content))
        if not piece:
            raise ConnectionError("the client went away")
        content += piece
    return bytes(content)


def _fail(connection: socket.socket, reason: str) -> None:
    connection.sendall(b"FAIL" + struct.pack("<I", len(reason.encode())) + reason.encode())


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def _stat_v2(found: os.stat_result | None) -> bytes:
    if found is None:
        return struct.pack("<IQQIIIIQqqq", 2, *[0] * 10)  # ENOENT
    owner = (found.st_mode, found.st_nlink, found.st_uid, found.st_gid)
    times = (int(found.st_atime), int(found.st_mtime), int(found.st_ctime))
    return struct.pack("<IQQIIIIQqqq", 0, found.st_dev, found.st_ino, *owner, found.st_size, *times)


def _end_with(connection: socket.socket, process: subprocess.Popen[bytes]) -> None:
    """End a program when the client closes its stream, as adbd does."""
    try:
        while connection.recv(4096):
            pass
    except OSError:
        pass
    if process.poll() is None:
        process.terminate()


def _finish(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
