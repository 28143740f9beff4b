"""The server around the service: address, TLS, health, drain."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from upcall.cloud_service.admission.auth import ApiKeys
from upcall.cloud_service.binding import bind
from upcall.cloud_service.engine import Engine, EngineFailedError, EngineHealth
from upcall.cloud_service.service import SERVICE, EscalationService
from upcall.cloud_service.tripwire import Tripwire
from upcall.cloud_service.validation import Limits
from upcall.edge_runtime.addresses import bare_host, is_loopback, with_port
from upcall.edge_runtime.errors import InputError, require
from upcall.edge_runtime.redaction import Detector

_HEALTH_POLL_S = 0.25
_CLEAN_UP_S = 5.0  # for calls that were cut, to let go of the engine
_FLUSH_S = 1.0  # for the last statuses to leave; open health watches end with it


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where and how to serve.

    Args:
        host: an address, with or without the brackets of IPv6, or ``localhost``, which is served on both loopback addresses;
            anything but loopback needs TLS.
        port: 0 takes a free one.
        tls_certificate: PEM chain; together with ``tls_key``.
        tls_key: PEM private key.
        max_waiting: requests that wait for a slot.
        accepts_allowed: let through the private types that a client's own policy allows.
        max_answer_s: longest time for one answer, in seconds.
        grace_s: time that running answers get at the end, in seconds.

    Raises:
        InputError: TLS is missing or half there, or the port is out of range.
    """

    host: str = "127.0.0.1"
    port: int = 50051
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    max_waiting: int = 16
    accepts_allowed: bool = False
    max_answer_s: float = 300.0
    grace_s: float = 20.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", bare_host(self.host))
        if not 0 <= self.port <= 65_535:
            raise InputError(f"The port is {self.port}.", allowed="0 to 65535; 0 takes a free one")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise InputError(
                "TLS needs both a certificate and its key.", next_step="give --tls-cert FILE and --tls-key FILE"
            )
        if self.tls_certificate is None and not is_loopback(self.host):
            raise InputError(
                f"Serving on {self.host} without TLS would show every word to the network.",
                allowed="127.0.0.1, ::1 or localhost without TLS",
                next_step="give --tls-cert FILE and --tls-key FILE, or --host 127.0.0.1",
            )


class CloudServer:
    """One listening server. ``start``, then ``stop`` exactly once.

    Args:
        engine: not yet loaded.
        options: where and how to serve.
        keys: who may call; None lets anybody on this machine.
        announce: gets the lines meant for the operator.

    Raises:
        InputError: no keys, but the address is not loopback.
    """

    def __init__(
        self, engine: Engine, *, options: ServerOptions, keys: ApiKeys | None, announce: Callable[[str], None]
    ) -> None:
        if keys is None and not is_loopback(options.host):
            raise InputError(
                f"Serving on {options.host} without keys would let anybody call.",
                next_step="make a key with: upcall cloud key NAME",
            )
        self._engine = engine
        self._options = options
        self._announce = announce
        self._limits = Limits()
        self._health: Any = require("grpc_health.v1.health", extra="cloud").aio.HealthServicer()
        self._statuses: Any = require("grpc_health.v1.health_pb2", extra="cloud").HealthCheckResponse
        self.service = EscalationService(
            engine,
            keys=keys,
            tripwire=Tripwire(Detector(), accepts_allowed=options.accepts_allowed),
            limits=self._limits,
            max_waiting=options.max_waiting,
            max_answer_s=options.max_answer_s,
        )
        self._server: grpc.aio.Server | None = None
        self._watcher: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Bind, load the engine, serve; returns the port.

        Raises:
            InputError: the port is taken or the certificate cannot be read.
            ModelError: the engine cannot load its model.
            EngineFailedError: the engine cannot be started.
        """
        server = self._server = grpc.aio.server(options=_channel_options(self._limits))
        server.add_generic_rpc_handlers((self.service.handler(),))
        require("grpc_health.v1.health_pb2_grpc", extra="cloud").add_HealthServicer_to_server(self._health, server)
        host = self._options.host
        port = bind(server, host=host, port=self._options.port, credentials=_credentials(self._options))
        await self._set_health(EngineHealth.LOADING)
        await server.start()
        await self._engine.load()
        await self._set_health(self._engine.health())
        self._watcher = asyncio.create_task(self._watch_engine())
        self._announce(f"upcall cloud: ready on {with_port(host, port)}, model {self._engine.info.model}")
        return port

    async def stop(self, *, grace_s: float | None = None) -> None:
        """Take no new calls, refuse those in line, let running ones end for a while, free the engine, say what was done.

        Args:
            grace_s: in seconds; by default that of the options. A call that still runs after it is cut.
        """
        grace_s = self._options.grace_s if grace_s is None else grace_s
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        await self._health.enter_graceful_shutdown()
        self.service.drain()
        if self._server is not None:
            closing = asyncio.create_task(self._server.stop(grace_s + _CLEAN_UP_S))
            await self.service.wait_until_idle(patience_s=grace_s)
            self.cut()
            await self.service.wait_until_idle(patience_s=_CLEAN_UP_S)
            await self._server.stop(_FLUSH_S)
            await closing
        await self._engine.close()
        if self._watcher is None:  # it never served
            return
        counts = ", ".join(f"{count} {status}" for status, count in sorted(self.service.counts.items()))
        self._announce(f"upcall cloud: stopped, calls: {counts or 'none'}")

    def cut(self) -> None:
        """End running calls now, each with a typed status."""
        self.service.cut()

    async def _set_health(self, health: EngineHealth) -> None:
        status = self._statuses.SERVING if health is EngineHealth.READY else self._statuses.NOT_SERVING
        for name in ("", SERVICE):
            await self._health.set(name, status)

    async def wait_until_failed(self) -> None:
        """Wait, once it serves, for an end of the engine that no restart mends; without one, for ever.

        Raises:
            EngineFailedError: that has happened.
        """
        assert self._watcher is not None  # it serves
        await asyncio.wait((self._watcher,))
        self._watcher.result()

    async def _watch_engine(self) -> None:
        """Report an engine that died and came back; one that will not ends the watch."""
        shown = self._engine.health()
        while shown is not EngineHealth.FAILED:
            await asyncio.sleep(_HEALTH_POLL_S)
            if self._engine.health() is not shown:
                shown = self._engine.health()
                await self._set_health(shown)
        raise EngineFailedError(
            "The engine ended for good.", next_step="see the log for why, and start upcall cloud again"
        )


async def serve(
    engine: Engine, *, options: ServerOptions, keys: ApiKeys | None, announce: Callable[[str], None]
) -> None:
    """Serve until SIGINT or SIGTERM, then drain; a second signal ends the drain at once.

    Raises:
        InputError: see ``ServerOptions`` and ``CloudServer``.
        ModelError: the engine cannot load its model.
        EngineFailedError: the engine cannot be started, or ended for good.
    """
    signals: asyncio.Queue[None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, signals.put_nowait, None)
    server = CloudServer(engine, options=options, keys=keys, announce=announce)
    starting = asyncio.create_task(server.start())
    first = asyncio.create_task(signals.get())
    try:
        await asyncio.wait((starting, first), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            failing = asyncio.create_task(server.wait_until_failed())
            await asyncio.wait((first, failing), return_when=asyncio.FIRST_COMPLETED)
            if not first.done():
                failing.result()
            failing.cancel()
    finally:
        starting.cancel()
        first.cancel()
        has_started = starting.done() and not starting.cancelled() and starting.exception() is None
        await _stop(server, signals, grace_s=options.grace_s if has_started else 0.0)


async def _stop(server: CloudServer, signals: asyncio.Queue[None], *, grace_s: float) -> None:
    stopping = asyncio.create_task(server.stop(grace_s=grace_s))
    second = asyncio.create_task(signals.get())
    await asyncio.wait((stopping, second), return_when=asyncio.FIRST_COMPLETED)
    if not stopping.done():
        server.cut()
    second.cancel()
    await stopping


def _channel_options(limits: Limits) -> tuple[tuple[str, int], ...]:
    return (
        ("grpc.so_reuseport", 0),  # a port in use is an error, not half of the calls
        ("grpc.max_receive_message_length", limits.max_request_bytes),
        ("grpc.max_concurrent_streams", 1024),
        # A burst of calls is shed by the admission with a typed status, not by the library.
        ("grpc.server.max_pending_requests", 16_384),
        ("grpc.server.max_pending_requests_hard_limit", 32_768),
        # A client that vanished is noticed within 80 s, and its answer is aborted.
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 20_000),
    )


def _credentials(options: ServerOptions) -> grpc.ServerCredentials | None:
    if options.tls_certificate is None or options.tls_key is None:
        return None
    pair = (_read(options.tls_key), _read(options.tls_certificate))
    return grpc.ssl_server_credentials([pair])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"The TLS file {path} cannot be read ({error.strerror}).", next_step="check --tls-cert and --tls-key"
        ) from None
