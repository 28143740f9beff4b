"""Options that several commands share, and where their values come from."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.opening import CloudOptions

API_KEY_VARIABLE = "UPCALL_API_KEY"

BundleOption = Annotated[
    Path | None,
    typer.Option("--bundle", help="Folder of the device model. [default: the exported smollm2-135m-instruct]"),
]
CloudOption = Annotated[
    str | None,
    typer.Option("--cloud", metavar="HOST:PORT", envvar="UPCALL_CLOUD", help="Where to call up. [default: never call]"),
]
CloudModelOption = Annotated[
    str, typer.Option("--cloud-model", help="Alias of the large model. [default: the service's]")
]
TlsOption = Annotated[bool, typer.Option("--tls/--no-tls", help="Encrypt the call. Anything but loopback must.")]
CaCertificateOption = Annotated[
    Path | None, typer.Option("--ca-certificate", help="PEM file of the authority to trust. [default: the system's]")
]
PrivateOption = Annotated[
    list[str] | None,
    typer.Option("--private", metavar="TERM", help="A word of yours that must not leave. May be repeated."),
]
BlockOption = Annotated[
    list[str] | None,
    typer.Option(
        "--block", metavar="TYPE", help="Stay on the device when this type is found, such as SECRET. May be repeated."
    ),
]
TimeoutOption = Annotated[int, typer.Option("--cloud-timeout-ms", min=1, help="For the cloud's whole answer.")]
MaxTokensOption = Annotated[int, typer.Option("--max-output-tokens", min=1, help="Longest answer.")]
TemperatureOption = Annotated[float, typer.Option(min=0.0, max=2.0, help="0 always takes the likeliest token.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Same seed, same answer.")]
ThresholdOption = Annotated[
    float | None, typer.Option(max=0.0, help="Call when the local answer's score is below it. [default: the bundle's]")
]
SystemOption = Annotated[str | None, typer.Option("--system", help="Instructions for the model.")]


def cloud_options(target: str | None, *, model: str, use_tls: bool, ca_certificate: Path | None) -> CloudOptions | None:
    """Options of the call, with the key from the environment: on a command line, other users of the machine would read it."""
    if not target:
        return None
    return CloudOptions(
        target=target,
        api_key=os.environ.get(API_KEY_VARIABLE, ""),
        model=model,
        use_tls=use_tls,
        ca_certificate=ca_certificate,
    )


def read_standard_input() -> str:
    """The prompt from a pipe.

    Raises:
        InputError: it is not UTF-8.
    """
    raw = sys.stdin.buffer.read()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The prompt on standard input is not UTF-8 at byte {error.start}.",
            next_step="convert it, for example with iconv",
        ) from None
