"""Options that several commands share, and where their values come from."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from upcall.edge_runtime.engines.opening import EngineName
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.opening import NAME_MODEL, has_name_model, open_names, open_session
from upcall.edge_runtime.redaction import Action, Policy, PolicyFile, read_policy
from upcall.edge_runtime.redaction.corpus import decoded
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
PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help='JSON: {"actions": {TYPE: "mask", "block" or "allow"}, "deny_terms": [], "allow_terms": [], "phone_regions": []}.',
    ),
]
NoNerOption = Annotated[bool, typer.Option("--no-ner", help="Rules only: do not look for names with the model.")]
VaultOption = Annotated[
    Path | None,
    typer.Option(
        "--vault", metavar="FILE", help="Keep what was masked in this file, encrypted with vault.key of UPCALL_HOME."
    ),
]
PreviewOption = Annotated[
    bool, typer.Option("--preview", help="Show what would leave and ask: send it, edit it, or answer here.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="The text is one JSON value, and stays valid JSON.")]
TimeoutOption = Annotated[int, typer.Option("--cloud-timeout-ms", min=1, help="For the cloud's whole answer.")]
MaxTokensOption = Annotated[int, typer.Option("--max-output-tokens", min=1, help="Longest answer.")]
TemperatureOption = Annotated[float, typer.Option(min=0.0, max=2.0, help="0 always takes the likeliest token.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Same seed, same answer.")]
ThresholdOption = Annotated[
    float | None, typer.Option(max=0.0, help="Call when the local answer's score is below it. [default: the bundle's]")
]
QualityOption = Annotated[
    float | None,
    typer.Option(
        "--quality-level", min=0.0, max=1.0, help="0: answer here. 1: call. Between: call more readily. [default: 0.5]"
    ),
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
    given: PolicyFile,
    private: list[str] | None,
    no_ner: bool,
) -> Session:
    """The session that the options ask for. The API key is read from the environment: command lines are seen by all users.

    Raises:
        UpcallError: an option is wrong, or something that it names cannot be had.
    """
    endpoint = None
    if cloud:
        from upcall.edge_runtime.escalation import CloudEndpoint  # brings gRPC

        endpoint = CloudEndpoint(
            target=cloud,
            api_key=os.environ.get(API_KEY_VARIABLE, ""),
            model=cloud_model,
            use_tls=tls,
            ca_certificate=ca_certificate,
        )
    # Before the model is loaded: a mistake in a list is told at once.
    names = usual_names(is_wanted=endpoint is not None and not no_ner)
    detector = given.detector(deny_terms=tuple(private or ()), names=names)
    return open_session(bundle_path=bundle, engine=engine, cloud=endpoint, policy=given.policy, detector=detector)


def read_standard_input() -> str:
    """The prompt from a pipe.

    Raises:
        InputError: it is not UTF-8.
    """
    if sys.stdin is None:
        raise InputError("Standard input is closed.", next_step="give the prompt as an argument")
    return decoded(sys.stdin.buffer.read(), "The prompt on standard input")


def policy_from(path: Path | None, *, block: list[str] | None) -> PolicyFile:
    """The policy that the options ask for: that of the file, with more types that block.

    Raises:
        InputError: the file or a type is not acceptable.
    """
    given = read_policy(path) if path is not None else PolicyFile()
    blocked = Policy.parse({name.upper(): Action.BLOCK for name in block or []})
    return replace(given, policy=replace(given.policy, actions={**given.policy.actions, **blocked.actions}))


def usual_names(*, is_wanted: bool) -> NameFinder | None:
    """The finder of names that the commands use: the name model where it was pulled. Says it where it is wanted and not there.

    Raises:
        RedactionError: the model is damaged; ``--no-ner`` goes without.
        MissingExtraError: what runs it is not installed.
    """
    if is_wanted and has_name_model():
        return open_names()
    if is_wanted:
        sys.stderr.write(f"Names and addresses are not found.\nNext: upcall pull {NAME_MODEL}, or say --no-ner\n")
    return None
