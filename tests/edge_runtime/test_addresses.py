from __future__ import annotations

import pytest

from upcall.edge_runtime.addresses import bare_host, ip_address, is_loopback, with_port


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "0:0:0:0:0:0:0:1", "localhost", "LocalHost"]
)
def test_what_stays_on_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "[::]", "10.0.0.1", "2001:db8::1", "localhost.example.org", "[localhost]", "[::1", "127.1"],
)
def test_what_does_not(host: str) -> None:
    assert not is_loopback(host)


def test_brackets_stand_before_a_port_only() -> None:
    assert bare_host("[::1]") == bare_host("::1") == "::1"
    assert bare_host("[name]") == "[name]"
    assert with_port("::1", 80) == with_port("[::1]", 80) == "[::1]:80"
    assert with_port("127.0.0.1", 80) == "127.0.0.1:80"
    assert with_port("localhost", 80) == "localhost:80"


def test_names_are_not_looked_up() -> None:
    assert ip_address("localhost") is None
    assert str(ip_address("::1")) == "::1"
