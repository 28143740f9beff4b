"""A real server for tests that call it synchronously."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from upcall.cloud_service.admission.auth import ApiKeys
from upcall.cloud_service.engine import Engine
from upcall.cloud_service.server import CloudServer, ServerOptions
from upcall.edge_runtime.addresses import with_port


class BackgroundServer:
    """A server on loopback, on a thread with an event loop of its own, for the length of a ``with`` block.

    Args:
        engine: what answers; use it from other threads for reading only.
        options: by default a free port, and no grace at the end.
        keys: by default anybody may call.

    Raises:
        UpcallError: as ``CloudServer.start``, when the block is entered.
    """

    def __init__(self, engine: Engine, *, options: ServerOptions | None = None, keys: ApiKeys | None = None) -> None:
        self._options = options or ServerOptions(port=0, grace_s=0.0)
        self.lines: list[str] = []
        self.server = CloudServer(engine, options=self._options, keys=keys, announce=self.lines.append)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="upcall-server")
        self.port = 0

    @property
    def target(self) -> str:
        """``HOST:PORT`` of the running server."""
        return with_port(self._options.host, self.port)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.port = asyncio.run_coroutine_threadsafe(self.server.start(), self._loop).result()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def run(self, action: Callable[[], object]) -> None:
        """Do something on the server's thread, such as ``engine.abort``."""
        self._loop.call_soon_threadsafe(action)

    def _end(self) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
