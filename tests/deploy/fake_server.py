"""An adb server on a free port of loopback that speaks its wire protocol, in front of fake phones."""

from __future__ import annotations

import socketserver
import struct
import threading
from types import TracebackType

from tests.deploy.fake_phone import FEATURES, FakePhone, exactly

VERSION = 41
"""Of Debian's adb, which stops a server of another version."""


class FakeServer:
    """A server; a context that serves until it is left.

    Args:
        phones: that it lists, in this order; they may be changed meanwhile.
    """

    def __init__(self, phones: list[FakePhone]) -> None:
        self.phones = phones
        self._tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler(self))
        self._tcp.daemon_threads = True
        self._thread = threading.Thread(target=self._tcp.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """That it listens on."""
        return int(self._tcp.server_address[1])

    def __enter__(self) -> FakeServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for phone in self.phones:
            phone.go()
        self._tcp.shutdown()
        self._tcp.server_close()
        self._thread.join()

    def listed(self, *, is_long: bool) -> str:
        """What ``adb devices`` shows."""
        lines = []
        for number, phone in enumerate(self._present(), 1):
            tags = f" product:test model:{phone.model} device:test" if phone.state == "device" else ""
            lines.append(
                f"{phone.serial:<22} {phone.state} usb:1-{number}{tags} transport_id:{number}\n"
                if is_long
                else f"{phone.serial}\t{phone.state}\n"
            )
        return "".join(lines)

    def find(self, serial: str | None) -> tuple[int, FakePhone] | str:
        """The phone and the number of its transport, or why there is none, in adb's words."""
        numbered = list(enumerate(self._present(), 1))
        found = [pair for pair in numbered if serial is None or pair[1].serial == serial]
        if not found:
            return f"device '{serial}' not found" if serial else "no devices/emulators found"
        if len(found) > 1:
            return "more than one device/emulator"
        state = found[0][1].state
        return found[0] if state == "device" else f"device {state}."

    def _present(self) -> list[FakePhone]:
        return [phone for phone in self.phones if phone.state != "gone"]


def _handler(server: FakeServer) -> type[socketserver.BaseRequestHandler]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            phone: FakePhone | None = None
            try:
                while True:
                    size = exactly(self.request, 4)
                    service = exactly(self.request, int(size, 16)).decode()
                    if phone is not None and not service.startswith("host"):
                        phone.serve(service, self.request)
                        return
                    phone = self._host(service)
                    if phone is None:
                        return
            except OSError:
                return  # the client or the phone is gone

        def _host(self, service: str) -> FakePhone | None:
            """Answer the server's own services; the phone where one was chosen."""
            prefix, _, name = service.partition(":")
            serial = None
            if prefix == "host-serial":
                serial, _, name = name.rpartition(":")
            elif name.startswith(("tport:serial:", "transport:")):
                serial = name.removeprefix("tport:serial:").removeprefix("transport:")
            texts = {
                "version": f"{VERSION:04x}",
                "devices": server.listed(is_long=False),
                "devices-l": server.listed(is_long=True),
                "host-features": FEATURES,
            }
            if name in texts:
                self._text(texts[name])
                return None
            found = server.find(serial)
            if isinstance(found, str):
                self._fail(found)
                return None
            number, phone = found
            texts = {"features": FEATURES, "get-state": phone.state, "get-serialno": phone.serial}
            if name in texts:
                self._text(texts[name])
                return None
            if name.startswith(("tport:", "transport")):
                # The newer form also gives the number of the transport.
                self.request.sendall(b"OKAY" + (struct.pack("<Q", number) if name.startswith("tport:") else b""))
                return phone
            self._fail("unknown host service")
            return None

        def _text(self, text: str) -> None:
            self.request.sendall(b"OKAY" + f"{len(text):04x}{text}".encode())

        def _fail(self, reason: str) -> None:
            self.request.sendall(b"FAIL" + f"{len(reason):04x}{reason}".encode())

    return Handler
