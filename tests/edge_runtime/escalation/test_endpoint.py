from __future__ import annotations

from pathlib import Path

import pytest

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.escalation import CloudEndpoint


@pytest.mark.parametrize("target", ["127.0.0.1:50051", "localhost:1", "[::1]:50051", "127.9.9.9:65535"])
def test_loopback_needs_no_tls(target: str) -> None:
    assert CloudEndpoint(target=target).is_loopback


@pytest.mark.parametrize(
    "target", ["10.0.0.1:50051", "cloud.example.org:443", "[2001:db8::1]:443", "localhost.example.org:1"]
)
def test_a_network_needs_tls(target: str) -> None:
    with pytest.raises(InputError, match="without TLS"):
        CloudEndpoint(target=target)
    assert not CloudEndpoint(target=target, use_tls=True).is_loopback


@pytest.mark.parametrize(
    "target", ["", "localhost", ":1", "localhost:0", "localhost:65536", "localhost:x", "unix:/a:1", "a:²"]
)
def test_a_malformed_target_is_refused(target: str) -> None:
    with pytest.raises(InputError, match="HOST:PORT"):
        CloudEndpoint(target=target)


def test_a_key_is_one_word_and_not_shown() -> None:
    with pytest.raises(InputError, match="space"):
        CloudEndpoint(target="localhost:1", api_key="upc_a\n")
    assert "upc_secret" not in repr(CloudEndpoint(target="localhost:1", api_key="upc_secret"))


def test_a_ca_certificate_needs_tls_and_must_be_readable(tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    with pytest.raises(InputError, match="TLS is off"):
        CloudEndpoint(target="localhost:1", ca_certificate=missing)
    with pytest.raises(InputError, match="cannot be read"):
        CloudEndpoint(target="localhost:1", use_tls=True, ca_certificate=missing).open_channel()
