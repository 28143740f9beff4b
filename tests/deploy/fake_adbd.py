"""The daemon of a fake phone on a TCP port: what adb's server and a device say to each other, so that a real one can be used.

Messages of 24 bytes and their data; streams are numbered on both sides, and each side waits for the other's OKAY before it
writes again.
"""

from __future__ import annotations

import queue
import socket
import socketserver
import struct
import threading
from contextlib import suppress
from types import TracebackType

from tests.deploy.fake_phone import FEATURES, FakePhone, exactly

_VERSION = 0x01000001
_MAX_DATA = 256 * 1024
_PIECE = 64 * 1024
_TOKEN, _SIGNATURE = 1, 2


class FakeDaemon:
    """A daemon; a context that listens until it is left.

    Args:
        phone: whose services it offers. A phone in state "unauthorized" never accepts the computer's key.
    """

    def __init__(self, phone: FakePhone) -> None:
        self.phone = phone
        self._tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler(phone))
        self._tcp.daemon_threads = True
        self._thread = threading.Thread(target=self._tcp.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        """What ``adb connect`` takes."""
        return f"127.0.0.1:{self._tcp.server_address[1]}"

    def __enter__(self) -> FakeDaemon:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.phone.go()
        self._tcp.shutdown()
        self._tcp.server_close()
        self._thread.join()


class _Transport:
    """One connection to adb's server."""

    def __init__(self, connection: socket.socket, phone: FakePhone) -> None:
        self._connection = connection
        self._phone = phone
        self._streams: dict[int, tuple[socket.socket, queue.SimpleQueue[bool]]] = {}
        self._count = 0
        self._writing = threading.Lock()

    def run(self) -> None:
        """Greet, then do what each message says."""
        while self._phone.state != "gone":
            command, first, second, size, _, _ = struct.unpack("<4sIIIII", exactly(self._connection, 24))
            data = exactly(self._connection, size)
            if self._phone.state == "unauthorized":
                # To the signature too, so that the server offers its public key, about which nobody asks the user here.
                if command == b"CNXN" or first == _SIGNATURE:
                    self._send(b"AUTH", _TOKEN, 0, b"t" * 20)
            elif command == b"CNXN":
                banner = f"device::ro.product.name=test;ro.product.model={self._phone.model};features={FEATURES}"
                self._send(b"CNXN", _VERSION, _MAX_DATA, banner.encode())
            elif command == b"OPEN":
                self._open(first, data.rstrip(b"\0").decode())
            elif command == b"WRTE" and second in self._streams:
                self._streams[second][0].sendall(data)
                self._send(b"OKAY", second, first)
            elif command == b"OKAY" and second in self._streams:
                self._streams[second][1].put(True)
            elif command == b"CLSE" and second in self._streams:
                self._close(second)

    def _open(self, remote: int, service: str) -> None:
        self._count += 1
        own, served = socket.socketpair()
        self._streams[self._count] = own, queue.SimpleQueue()
        for work, arguments in ((self._serve, (service, served)), (self._forward, (self._count, remote))):
            threading.Thread(target=work, args=arguments, daemon=True).start()

    def _serve(self, service: str, served: socket.socket) -> None:
        with served, suppress(OSError):  # the other side closed its stream
            self._phone.serve(service, served)
        if self._phone.state == "gone":
            self._connection.close()

    def _forward(self, local: int, remote: int) -> None:
        """What a service writes, to the server: first whether it was opened."""
        own, written = self._streams[local]
        try:
            if exactly(own, 4) == b"OKAY":
                self._send(b"OKAY", local, remote)
                while data := own.recv(_PIECE):
                    self._send(b"WRTE", local, remote, data)
                    if not written.get():
                        break
            self._send(b"CLSE", local, remote)
        except OSError:
            pass  # the phone is gone, or the stream was closed
        self._close(local)

    def _close(self, local: int) -> None:
        own, written = self._streams.pop(local, (None, None))
        if own is not None and written is not None:
            written.put(False)
            own.shutdown(socket.SHUT_RDWR)
            own.close()

    def _send(self, command: bytes, first: int, second: int, data: bytes = b"") -> None:
        magic = int.from_bytes(command, "little") ^ 0xFFFFFFFF
        head = struct.pack("<4sIIIII", command, first, second, len(data), sum(data) & 0xFFFFFFFF, magic)
        with self._writing:
            self._connection.sendall(head + data)


def _handler(phone: FakePhone) -> type[socketserver.BaseRequestHandler]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            phone.carry(self.request)
            try:
                _Transport(self.request, phone).run()
            except OSError:
                return  # the server or the phone is gone

    return Handler
