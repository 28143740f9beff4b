from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme

from upcall.cloud_service.engine import EngineFailedError, EngineHealth
from upcall.cloud_service.engines.scripted import Script, ScriptedEngine
from upcall.cloud_service.server import CloudServer, ServerOptions, serve
from upcall.cloud_service.service import SERVICE
from upcall.cloud_service.testing import BackgroundServer
from upcall.edge_runtime.errors import InputError, require
from upcall.edge_runtime.escalation import CloudEndpoint
from upcall.protocol.v1 import escalation_pb2 as pb
from upcall.protocol.v1 import escalation_pb2_grpc

MakeRequest = Callable[..., pb.GenerateRequest]
health_pb2: Any = require("grpc_health.v1.health_pb2", extra="cloud")
health_pb2_grpc: Any = require("grpc_health.v1.health_pb2_grpc", extra="cloud")
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 with the authority that signed it, and its key."""
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(key))
    for pem in issued.cert_chain_pems:
        pem.write_to_path(str(chain), append=True)
    authority.cert_pem.write_to_path(str(chain), append=True)
    return chain, key


def health(channel: grpc.Channel, service: str = "") -> int:
    return int(health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service)).status)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


def wait_until_started(engine: ScriptedEngine) -> None:
    end = time.monotonic() + 5
    while not engine.started:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "cloud.example.org"])
def test_a_network_address_needs_tls_and_keys(host: str, certificate: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match="without TLS"):
        ServerOptions(host=host)
    options = ServerOptions(host=host, tls_certificate=certificate[0], tls_key=certificate[1])
    with pytest.raises(InputError, match="without keys"):
        CloudServer(ScriptedEngine(), options=options, keys=None, announce=print)


def test_the_own_form_of_the_client_is_an_address() -> None:
    assert ServerOptions(host="[::1]").host == "::1"
    with pytest.raises(InputError, match="without TLS"):
        ServerOptions(host="[2001:db8::1]")


def test_options_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="both"):
        ServerOptions(tls_key=tmp_path / "key.pem")
    with pytest.raises(InputError, match="port"):
        ServerOptions(port=70_000)


def test_tls_round_trip(certificate: tuple[Path, Path], make_request: MakeRequest) -> None:
    chain, key = certificate
    options = ServerOptions(port=0, tls_certificate=chain, tls_key=key, grace_s=0)
    with BackgroundServer(ScriptedEngine(), options=options) as server:
        endpoint = CloudEndpoint(target=server.target, use_tls=True, ca_certificate=chain)
        with endpoint.open_channel() as channel:
            responses = list(escalation_pb2_grpc.EscalationServiceStub(channel).Generate(make_request(), timeout=10))
            assert responses[-1].WhichOneof("event") == "completed"
        with CloudEndpoint(target=server.target, use_tls=True).open_channel() as stranger:
            with pytest.raises(grpc.RpcError) as caught:
                list(escalation_pb2_grpc.EscalationServiceStub(stranger).Generate(make_request(), timeout=10))
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_an_unreadable_certificate(tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    options = ServerOptions(port=0, tls_certificate=missing, tls_key=missing, grace_s=0)
    with pytest.raises(InputError, match=r"missing\.pem"), BackgroundServer(ScriptedEngine(), options=options):
        pass


def test_health_follows_the_engine() -> None:
    engine = ScriptedEngine()
    with BackgroundServer(engine) as server, grpc.insecure_channel(server.target) as channel:
        assert health(channel) == health(channel, SERVICE) == SERVING
        server.run(lambda: setattr(engine, "_health", EngineHealth.LOADING))
        end = time.monotonic() + 5
        while health(channel) == SERVING:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert health(channel, SERVICE) == NOT_SERVING


async def test_an_engine_that_ended_for_good_ends_the_service() -> None:
    engine = ScriptedEngine()
    lines: asyncio.Queue[str] = asyncio.Queue()
    options = ServerOptions(port=0, grace_s=0)
    serving = asyncio.create_task(serve(engine, options=options, keys=None, announce=lines.put_nowait))
    await lines.get()
    engine.fail_for_good()
    with pytest.raises(EngineFailedError, match="ended for good") as caught:
        await asyncio.wait_for(serving, timeout=10)
    assert caught.value.exit_code not in (0, 1)
    assert (await lines.get()).startswith("upcall cloud: stopped")


async def test_a_signal_drains(make_request: MakeRequest) -> None:
    engine = ScriptedEngine(Script(reply="word " * 10, delay_s=0.05))
    lines: asyncio.Queue[str] = asyncio.Queue()
    options = ServerOptions(port=0, grace_s=10)
    serving = asyncio.create_task(serve(engine, options=options, keys=None, announce=lines.put_nowait))
    ready = await lines.get()
    target = ready.removeprefix("upcall cloud: ready on ").removesuffix(", model scripted")
    request = make_request()

    def ask() -> list[pb.GenerateResponse]:
        with grpc.insecure_channel(target) as channel:
            return list(escalation_pb2_grpc.EscalationServiceStub(channel).Generate(request, timeout=10))

    asking = asyncio.create_task(asyncio.to_thread(ask))
    await asyncio.to_thread(wait_until_started, engine)
    signal.raise_signal(signal.SIGTERM)
    responses = await asking  # an answer that runs may end
    assert responses[-1].WhichOneof("event") == "completed"
    await asyncio.wait_for(serving, timeout=5)
    assert await lines.get() == "upcall cloud: stopped, calls: 1 OK"
    assert engine.health() is EngineHealth.FAILED


async def test_draining_refuses_those_in_line_at_once_and_lets_the_running_one_end(make_request: MakeRequest) -> None:
    engine = ScriptedEngine(Script(reply="word " * 40, delay_s=0.05))
    server = CloudServer(engine, options=ServerOptions(port=0, grace_s=30), keys=None, announce=lambda line: None)
    port = await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = escalation_pb2_grpc.EscalationServiceStub(channel)
        running: Any = stub.Generate(make_request(), timeout=30)
        events = aiter(running)
        assert (await anext(events)).WhichOneof("event") == "started"
        waiting: list[Any] = [stub.Generate(make_request(), timeout=30) for _ in range(2)]
        await until(lambda: server.service.waiting == 2)
        stopping = asyncio.create_task(server.stop())
        for call in waiting:
            assert await call.code() is grpc.StatusCode.UNAVAILABLE
            assert await call.details() == "the service is stopping"
            assert ("grpc-retry-pushback-ms", "1000") in [tuple(entry) for entry in await call.trailing_metadata()]
        assert not running.done(), "the one that runs is not cut for it"
        assert [event.WhichOneof("event") async for event in events][-1] == "completed"
        await asyncio.wait_for(stopping, timeout=20)
    assert len(engine.started) == len(engine.finished) == 1
    assert server.service.counts == {"OK": 1, "UNAVAILABLE": 2}


async def test_a_call_that_outlasts_the_grace_is_told_when_to_try_again(make_request: MakeRequest) -> None:
    engine = ScriptedEngine(Script(reply="word " * 900, delay_s=0.05))
    server = CloudServer(engine, options=ServerOptions(port=0, grace_s=0.2), keys=None, announce=lambda line: None)
    port = await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        running: Any = escalation_pb2_grpc.EscalationServiceStub(channel).Generate(make_request(), timeout=60)
        events = aiter(running)
        await anext(events)
        stopping = asyncio.create_task(server.stop())
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for _ in events:
                pass
        await stopping
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert ("grpc-retry-pushback-ms", "1000") in [tuple(entry) for entry in caught.value.trailing_metadata()]
    assert len(engine.aborted) == 1
    assert server.service.counts == {"UNAVAILABLE": 1}


async def test_a_second_signal_ends_the_drain(make_request: MakeRequest) -> None:
    engine = ScriptedEngine(Script(reply="word " * 500, delay_s=0.05))
    lines: asyncio.Queue[str] = asyncio.Queue()
    options = ServerOptions(port=0, grace_s=60)
    serving = asyncio.create_task(serve(engine, options=options, keys=None, announce=lines.put_nowait))
    target = (await lines.get()).removeprefix("upcall cloud: ready on ").removesuffix(", model scripted")
    ended = threading.Event()

    def ask() -> grpc.StatusCode:
        with grpc.insecure_channel(target) as channel, pytest.raises(grpc.RpcError) as caught:
            list(escalation_pb2_grpc.EscalationServiceStub(channel).Generate(make_request(), timeout=30))
        ended.set()
        return caught.value.code()

    asking = asyncio.create_task(asyncio.to_thread(ask))
    await asyncio.to_thread(wait_until_started, engine)
    signal.raise_signal(signal.SIGINT)
    await asyncio.sleep(0.3)
    assert not serving.done()
    signal.raise_signal(signal.SIGINT)
    await asyncio.wait_for(serving, timeout=10)
    assert await asking is grpc.StatusCode.UNAVAILABLE
    assert len(engine.aborted) == 1
