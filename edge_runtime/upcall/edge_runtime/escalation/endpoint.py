"""Where to call, and over what kind of connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import grpc

from upcall.edge_runtime.addresses import bare_host, ip_address, is_loopback
from upcall.edge_runtime.errors import InputError, check_type

# Nothing but the endpoint's own connection is opened, and nothing is taken from the environment.
_OPTIONS = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.service_config_disable_resolution", 1),  # no TXT look-ups
    ("grpc.enable_retries", 0),  # this client decides what is tried again
    ("grpc.min_reconnect_backoff_ms", 5_000),  # also the longest time for one connection attempt
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A dead connection is noticed within 40 s of a call; without a call, nothing is sent, to spare a phone's radio.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEndpoint:
    """A service to call.

    Args:
        target: ``HOST:PORT``; an IPv6 address stands in brackets.
        api_key: sent with each call; empty sends none. Left out of ``repr``.
        model: alias at the service; empty takes its default.
        use_tls: encrypt; anything but loopback must.
        ca_certificate: PEM file of the authority to trust in place of the system's; needs ``use_tls``.

    Raises:
        InputError: the target is malformed, or words or the key would cross a network in the clear.
    """

    target: str
    api_key: str = field(default="", repr=False)
    model: str = ""
    use_tls: bool = False
    ca_certificate: Path | None = None

    def __post_init__(self) -> None:
        for name, kinds in (("target", (str,)), ("api_key", (str,)), ("model", (str,)), ("use_tls", (bool,))):
            check_type(f"The endpoint's {name}", getattr(self, name), *kinds)
        check_type("The endpoint's ca_certificate", self.ca_certificate, Path, type(None))
        host, port = self._split()
        if not host or "/" in host or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65_535:
            raise InputError(
                f"The cloud's address is '{self.target}'.", allowed="HOST:PORT, for example 127.0.0.1:50051"
            )
        if not self.use_tls and not self.is_loopback:
            raise InputError(
                f"Calling {self.target} without TLS would show the words to the network.",
                allowed="loopback without TLS, anything with it",
                next_step="turn TLS on (--tls)",
            )
        if self.ca_certificate is not None and not self.use_tls:
            raise InputError("A CA certificate is given, but TLS is off.", next_step="turn TLS on (--tls)")
        if not self.api_key.isascii() or any(letter.isspace() for letter in self.api_key):
            raise InputError(
                "The API key has a space or a letter beyond ASCII.", next_step="copy it again, as one word"
            )

    @property
    def is_loopback(self) -> bool:
        """Whether the call stays on this machine."""
        return is_loopback(self._split()[0])

    def open_channel(self) -> grpc.Channel:
        """Make a channel; it connects at the first call.

        Raises:
            InputError: the CA certificate cannot be read.
        """
        if not self.use_tls:
            return grpc.insecure_channel(self._uri(), options=_OPTIONS)
        roots = None
        if self.ca_certificate is not None:
            try:
                roots = self.ca_certificate.read_bytes()
            except OSError as error:
                raise InputError(
                    f"The CA certificate {self.ca_certificate} cannot be read ({error.strerror}).",
                    next_step="give a PEM file",
                ) from None
        return grpc.secure_channel(self._uri(), grpc.ssl_channel_credentials(roots), options=_OPTIONS)

    def _split(self) -> tuple[str, str]:
        host, _, port = self.target.rpartition(":")
        return host, port

    def _uri(self) -> str:
        """An address is given as such, so that no resolver is asked."""
        host, port = self._split()
        address = ip_address(bare_host(host))
        if address is None:
            return f"dns:///{self.target}"
        return f"ipv4:{address}:{port}" if address.version == 4 else f"ipv6:[{address}]:{port}"
