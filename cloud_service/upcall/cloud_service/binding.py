"""Where the server listens: every address that a host means, or none."""

from __future__ import annotations

import errno
import socket

import grpc
import grpc.aio

from upcall.edge_runtime.addresses import LOCALHOST, LOOPBACK, bare_host, with_port
from upcall.edge_runtime.errors import InputError

_FREE_PORT_TRIES = 20


def bind(server: grpc.aio.Server, *, host: str, port: int, credentials: grpc.ServerCredentials | None) -> int:
    """Take a port.

    Args:
        server: not yet started.
        host: an address or a name. ``localhost`` means both loopback addresses, where the machine has both: on one alone, a
            client might reach another program on the other.
        port: 0 takes one that is free on every address.
        credentials: for TLS; None serves in the clear.

    Returns:
        The port.

    Raises:
        InputError: the port is in use on one of the addresses, or an address cannot be served.
    """
    addresses = _addresses(host)
    if port == 0 and len(addresses) > 1:
        port = _free_port(addresses)
    for address in addresses:
        place = with_port(address, port)
        try:
            port = (
                server.add_insecure_port(place) if credentials is None else server.add_secure_port(place, credentials)
            )
        except RuntimeError:
            raise _bind_error(address, port, host=host) from None
    return port


def _addresses(host: str) -> list[str]:
    if host.lower() != LOCALHOST:
        return [bare_host(host)]
    return [address for address in LOOPBACK if _trouble(address, 0) is None] or [LOOPBACK[0]]


def _free_port(addresses: list[str]) -> int:
    """A port that was free on all addresses a moment ago."""
    for _ in range(_FREE_PORT_TRIES):
        with socket.socket(_family(addresses[0])) as first:
            first.bind((addresses[0], 0))
            port = int(first.getsockname()[1])
        if all(_trouble(address, port) is None for address in addresses):
            return port
    return 0


def _bind_error(address: str, port: int, *, host: str) -> InputError:
    """Find out why an address could not be bound: gRPC does not say."""
    place = with_port(address, port)
    meant = "" if address == host else f", which {host} means, too,"
    trouble = _trouble(address, port)
    if trouble is None:
        return InputError(f"{place} cannot be served.", next_step="check --tls-cert and --tls-key")
    if trouble.errno == errno.EADDRINUSE:
        return InputError(
            f"Port {port} on {address}{meant} is in use.",
            next_step="stop the other program, or choose another port with --port, for example --port 0",
        )
    return InputError(f"{place} cannot be served ({trouble.strerror}).", next_step="choose another --host or --port")


def _trouble(address: str, port: int) -> OSError | None:
    """What the system says when a program wants to listen there."""
    try:
        with socket.socket(_family(address)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        return error
    return None


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
