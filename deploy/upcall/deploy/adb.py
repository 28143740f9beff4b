"""One phone over adb: commands, files and streams, and every failure said plainly. Imports adbutils: see ``connecting``."""

from __future__ import annotations

import socket
import stat
import struct
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import adbutils
from adbutils.errors import AdbError, AdbTimeout

from upcall.deploy.quoting import shell_line
from upcall.edge_runtime.errors import InputError, PhoneError

GO_ON = "connect it again and give the same command: it goes on where it stopped"
_COMMAND_TIMEOUT_S = 60.0
_DATA_BYTES = 64 * 1024
"""The most that one DATA packet of the sync protocol may hold."""
_MAX_PATH_BYTES = 1024
"""The longest path that the sync protocol takes."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What a command on the phone gave."""

    exit_code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text, without white space around it."""
        return self.out.decode(errors="replace").strip()


class ServerClient(adbutils.AdbClient):  # type: ignore[misc]  # adbutils ships no types
    """A client of a running adb server. adbutils would start one, with whichever adb it finds or its own; this one says so."""

    _version: int | None = None

    def server_version(self) -> int:
        """The server's protocol version, asked once: adbutils asks before every command."""
        if self._version is None:
            self._version = int(super().server_version())
        return self._version

    def make_connection(self, timeout: float | None = None) -> adbutils.AdbConnection:
        """Connect to the server.

        Raises:
            PhoneError: none is there.
        """
        try:
            socket.create_connection((self.host, self.port), timeout=3).close()
        except OSError:
            raise PhoneError(
                f"No adb server answers on {self.host}:{self.port}.",
                next_step="adb start-server; adb comes with Android's platform-tools, on Debian: apt install adb",
            ) from None
        return super().make_connection(timeout=timeout)


class Phone:
    """A phone that is connected and authorised.

    Args:
        client: of the adb server.
        serial: of the phone.
    """

    def __init__(self, client: ServerClient, serial: str) -> None:
        self.serial = serial
        self._device = adbutils.AdbDevice(client, serial=serial)

    def run(self, *words: str, timeout_s: float = _COMMAND_TIMEOUT_S) -> Completed:
        """Run a program and wait for its end. The phone's shell reads each word as it is.

        Raises:
            PhoneError: the phone went away or did not answer in time.
            InputError: a word is none, see ``shell_line``.
        """
        line = shell_line(*words)
        with self._told():
            done = self._device.shell2(line, timeout=timeout_s, encoding=None, v2=True)
        return Completed(done.returncode, done.stdout, done.stderr.decode(errors="replace").strip())

    def call(self, *words: str, what: str, timeout_s: float = _COMMAND_TIMEOUT_S) -> Completed:
        """Run a program that must end well.

        Args:
            words: the program and its arguments.
            what: it does, for the message, such as "make a folder".
            timeout_s: after which it has failed.

        Raises:
            PhoneError: it ended with an error, or as ``run``.
        """
        done = self.run(*words, timeout_s=timeout_s)
        if done.exit_code:
            said = (done.err or done.text or f"exit code {done.exit_code}").splitlines()[-1]
            if "No space left" in said:
                raise full(self.serial)
            raise PhoneError(f"The phone {self.serial} could not {what}: {said}")
        return done

    def send(self, content: bytes, path: str) -> None:
        """Write a file, readable by all, over adb's sync protocol.

        adbutils' own ``push`` drops the reason where the phone refuses, and writes 4 KiB at a time.

        Raises:
            PhoneError: the phone went away, is full or refuses.
            InputError: the path is too long.
        """
        target = f"{path},{stat.S_IFREG | 0o644}".encode()
        if len(target) > _MAX_PATH_BYTES:
            raise InputError("A file's path on the phone is too long.", allowed=f"{_MAX_PATH_BYTES} bytes")
        with self._told(), closing(self._device.open_transport(timeout=_COMMAND_TIMEOUT_S)) as connection:
            connection.send_command("sync:")
            connection.check_okay()
            try:
                connection.conn.sendall(b"SEND" + struct.pack("<I", len(target)) + target)
                for start in range(0, len(content), _DATA_BYTES):
                    data = content[start : start + _DATA_BYTES]
                    connection.conn.sendall(b"DATA" + struct.pack("<I", len(data)) + data)
                connection.conn.sendall(b"DONE" + struct.pack("<I", int(time.time())))
            except ConnectionError:  # a phone that refuses may close before all is read: its reason is waiting
                pass
            answer, size = struct.unpack("<4sI", connection.read_exact(8))
            if answer != b"OKAY":
                reason = connection.read_exact(size).decode(errors="replace")
                if "No space left" in reason:
                    raise full(self.serial)
                raise PhoneError(f"The phone {self.serial} could not write a file: {reason}")
            connection.conn.sendall(b"QUIT" + struct.pack("<I", 0))

    def stream(self, *words: str, idle_s: float) -> Generator[bytes, None, None]:
        """What a program writes, as it comes; an empty piece each ``idle_s`` seconds without any. Closing it ends the program.

        Raises:
            PhoneError: the phone went away.
        """
        line = shell_line(*words)
        with self._told():
            connection = self._device.open_shell(line)
        with closing(connection):
            connection.conn.settimeout(idle_s)
            while True:
                try:
                    with self._told():
                        piece = connection.conn.recv(_DATA_BYTES)
                except TimeoutError:
                    yield b""
                    continue
                if not piece:
                    return
                yield piece

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except AdbTimeout:
            raise PhoneError(
                f"The phone {self.serial} does not answer.", next_step="unlock it, check the cable, and try again"
            ) from None
        except (AdbError, ConnectionError, EOFError) as error:
            said = f" ({error})" if str(error).startswith("device ") else ""  # such as: device offline
            raise PhoneError(f"The phone {self.serial} went away{said}.", next_step=GO_ON) from None


def full(serial: str) -> PhoneError:
    """What is said where the phone's storage is full."""
    return PhoneError(
        f"The storage of the phone {serial} is full.",
        next_step="make room on it and give the same command: it goes on where it stopped",
    )
