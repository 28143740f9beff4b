from __future__ import annotations

import socket

import grpc
import pytest

from upcall.cloud_service.engines.scripted import ScriptedEngine
from upcall.cloud_service.server import ServerOptions
from upcall.cloud_service.testing import BackgroundServer
from upcall.edge_runtime.addresses import LOOPBACK, with_port
from upcall.edge_runtime.errors import InputError
from upcall.protocol.v1 import escalation_pb2 as pb
from upcall.protocol.v1 import escalation_pb2_grpc


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


def served(address: str, port: int) -> str:
    """The model that answers at an address."""
    with grpc.insecure_channel(with_port(address, port)) as channel:
        stub = escalation_pb2_grpc.EscalationServiceStub(channel)
        return stub.GetCapabilities(pb.GetCapabilitiesRequest(), timeout=5).models[0].alias


def listening(address: str, port: int = 0) -> socket.socket:
    taken = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    taken.bind((address, port))
    taken.listen()
    return taken


def refused(host: str, port: int) -> str:
    options = ServerOptions(host=host, port=port, grace_s=0)
    with pytest.raises(InputError) as caught, BackgroundServer(ScriptedEngine(), options=options):
        pass
    return str(caught.value)


@needs_ipv6
def test_localhost_is_every_address_that_it_means() -> None:
    with BackgroundServer(ScriptedEngine(), options=ServerOptions(host="localhost", port=0, grace_s=0)) as server:
        assert [served(address, server.port) for address in LOOPBACK] == ["scripted", "scripted"]
        assert server.lines == [f"upcall cloud: ready on localhost:{server.port}, model scripted"]


@needs_ipv6
@pytest.mark.parametrize("address", LOOPBACK)
def test_localhost_is_refused_where_one_of_its_addresses_is_taken(address: str) -> None:
    with listening(address) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} on {address}, which localhost means, too, is in use" in refused("localhost", port)


@needs_ipv6
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address_with_or_without_brackets(host: str) -> None:
    with BackgroundServer(ScriptedEngine(), options=ServerOptions(host=host, port=0, grace_s=0)) as server:
        assert served("::1", server.port) == "scripted"
        assert server.target == f"[::1]:{server.port}"
        assert server.lines == [f"upcall cloud: ready on [::1]:{server.port}, model scripted"]
        assert f"Port {server.port} on ::1 is in use" in refused(host, server.port)


def test_a_port_in_use_is_named() -> None:
    with listening("127.0.0.1") as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} on 127.0.0.1 is in use" in refused("127.0.0.1", port)


def test_two_servers_do_not_share_a_port() -> None:
    with BackgroundServer(ScriptedEngine()) as first:
        assert "in use" in refused("127.0.0.1", first.port)
        assert "in use" in refused("localhost", first.port)
