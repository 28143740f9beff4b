"""Options that several commands share, and where their values come from."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from upcall.edge_runtime import opening
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.opening import NAME_MODEL, CloudOptions, EngineName, has_name_model, open_session
from upcall.edge_runtime.redaction import Action, Detector, Policy
from upcall.edge_runtime.redaction.detector import NameFinder
from upcall.edge_runtime.session import Session

API_KEY_VARIABLE = "UPCALL_API_KEY"

BundleOption = Annotated[
    Path | None,
    typer.Option("--bundle", help="Folder of the device model. [default: the exported smollm2-135m-instruct]"),
]
EngineOption = Annotated[
    EngineName, typer.Option("--engine", help="What runs the device model. auto: what the bundle was made for.")
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
NoNerOption = Annotated[bool, typer.Option("--no-ner", help="Rules only: do not look for names with the model.")]
TimeoutOption = Annotated[int, typer.Option("--cloud-timeout-ms", min=1, help="For the cloud's whole answer.")]
MaxTokensOption = Annotated[int, typer.Option("--max-output-tokens", min=1, help="Longest answer.")]
TemperatureOption = Annotated[float, typer.Option(min=0.0, max=2.0, help="0 always takes the likeliest token.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Same seed, same answer.")]
ThresholdOption = Annotated[
    float | None, typer.Option(max=0.0, help="Call when the local answer's score is below it. [default: the bundle's]")
]
SystemOption = Annotated[str | None, typer.Option("--system", help="Instructions for the model.")]


def session_from(
    *,
    bundle: Path | None,
    engine: EngineName,
    cloud: str | None,
    cloud_model: str,
    tls: bool,
    ca_certificate: Path | None,
    private: list[str] | None,
    block: list[str] | None,
    no_ner: bool,
) -> Session:
    """The session that the options ask for. The API key is read from the environment: command lines are seen by all users.

    Raises:
        UpcallError: an option is wrong, or something that it names cannot be had.
    """
    called = CloudOptions(
        target=cloud or "",
        api_key=os.environ.get(API_KEY_VARIABLE, ""),
        model=cloud_model,
        use_tls=tls,
        ca_certificate=ca_certificate,
    )
    session = open_session(
        bundle_path=bundle,
        engine=engine,
        cloud=called if cloud else None,
        policy=Policy.parse({name.upper(): Action.BLOCK for name in block or []}),
        names=False,
    )
    session.detector = Detector(deny_terms=private or (), names=open_names(is_wanted=cloud is not None and not no_ner))
    return session


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


def open_names(*, is_wanted: bool) -> NameFinder | None:
    """The finder of names that the commands use: the name model where it was pulled. Says it where it is wanted and not there.

    Raises:
        RedactionError: the model is damaged; ``--no-ner`` goes without.
        MissingExtraError: what runs it is not installed.
    """
    if is_wanted and has_name_model():
        return opening.open_names()
    if is_wanted:
        sys.stderr.write(f"Names and addresses are not found.\nNext: upcall pull {NAME_MODEL}, or say --no-ner\n")
    return None
