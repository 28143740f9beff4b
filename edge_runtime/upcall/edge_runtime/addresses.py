"""Which addresses never leave this machine, and how an address is written: one rule for who calls and who serves."""

from __future__ import annotations

import ipaddress

LOCALHOST = "localhost"
LOOPBACK = ("127.0.0.1", "::1")
"""What ``localhost`` means, on a machine that has both kinds of addresses (RFC 6761, section 6.3)."""


def bare_host(host: str) -> str:
    """A host without the brackets in which an IPv6 address stands before a port."""
    inner = host.removeprefix("[").removesuffix("]")
    return inner if len(inner) == len(host) - 2 and ip_address(inner) is not None else host


def with_port(host: str, port: int) -> str:
    """``HOST:PORT``, an IPv6 address in brackets."""
    bare = bare_host(host)
    return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host, with or without brackets, is on this machine. Names other than ``localhost`` are not looked up."""
    address = ip_address(bare_host(host))
    return host.lower() == LOCALHOST if address is None else address.is_loopback


def ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a text without brackets is; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
