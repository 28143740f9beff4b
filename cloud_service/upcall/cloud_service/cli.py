"""``upcall cloud``: serve the large model, and make keys for those who may call it."""

from __future__ import annotations

import asyncio
import logging
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from upcall.cloud_service.admission.auth import ApiKeys, create_key
from upcall.cloud_service.engine import Engine
from upcall.cloud_service.engines.llamacpp import LlamaCppEngine, LlamaCppOptions
from upcall.cloud_service.engines.scripted import ScriptedEngine
from upcall.cloud_service.server import ServerOptions, serve
from upcall.edge_runtime.addresses import is_loopback
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.errors import InputError, ModelError
from upcall.edge_runtime.home import upcall_home

DEFAULT_MODEL = "qwen2.5-coder-0.5b-instruct"

app = command_app()


class EngineName(StrEnum):
    """Engines that can be served."""

    LLAMACPP = "llamacpp"
    SCRIPTED = "scripted"


KeysOption = Annotated[
    Path | None, typer.Option("--keys", help="Key file. [default: cloud_keys in the folder UPCALL_HOME]")
]


@app.callback(
    invoke_without_command=True,
    help=help_with_examples(
        "Serve the large model over gRPC until Ctrl-C. Nothing of a call's content is logged or kept.",
        "upcall cloud --no-auth                       # for this machine only",
        "upcall cloud key phone && upcall cloud       # make a key, shown once",
        "upcall cloud --model ./own.gguf --port 0     # own model, a free port",
        "upcall cloud --host 0.0.0.0 --tls-cert chain.pem --tls-key key.pem",
    ),
)
def cloud(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="Name in the catalogue, or path of a GGUF file.")] = DEFAULT_MODEL,
    host: Annotated[str, typer.Option(help="Address to serve on; anything but loopback needs TLS.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 50051,
    keys: KeysOption = None,
    no_auth: Annotated[
        bool, typer.Option("--no-auth", help="Let anybody on this machine call; loopback only.")
    ] = False,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM file with the certificate chain.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM file with its private key.")] = None,
    engine: Annotated[
        EngineName, typer.Option(help="'scripted' needs no model and answers a fixed text.")
    ] = EngineName.LLAMACPP,
    context_length: Annotated[int, typer.Option(min=256, help="Tokens of prompt and answer together.")] = 4096,
    max_output_tokens: Annotated[int, typer.Option(min=1, help="Most tokens of one answer.")] = 1024,
    slots: Annotated[int, typer.Option(min=1, help="Answers made at the same time.")] = 1,
    threads: Annotated[int, typer.Option(min=0, help="0 takes one for each physical core.")] = 0,
    max_waiting: Annotated[int, typer.Option(min=0, help="Calls that wait for a slot; more are refused.")] = 16,
    accept_allowed: Annotated[
        bool,
        typer.Option(
            "--accept-allowed",
            help="Let through the private types that the policy of the device's user allows. [default: refuse them, too]",
        ),
    ] = False,
) -> None:
    """Serve until Ctrl-C, unless a command of the group was called."""
    if context.invoked_subcommand is not None:
        return
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    options = ServerOptions(
        host=host,
        port=port,
        tls_certificate=tls_cert,
        tls_key=tls_key,
        max_waiting=max_waiting,
        accepts_allowed=accept_allowed,
    )
    allowed = _keys(keys, host=host, no_auth=no_auth)
    chosen: Engine
    if engine is EngineName.SCRIPTED:
        chosen = ScriptedEngine()
    else:
        path = model_file(model)
        alias = path.stem if path == Path(model) else model
        chosen = LlamaCppEngine(
            LlamaCppOptions(
                model_path=path,
                alias=alias,
                context_length=context_length,
                max_output_tokens=min(max_output_tokens, context_length),
                slots=slots,
                threads=threads,
            )
        )
    asyncio.run(serve(chosen, options=options, keys=allowed, announce=typer.echo))


@app.command(
    "key",
    help=help_with_examples(
        "Make an API key and show it once; the key file keeps only its SHA-256.",
        "export UPCALL_API_KEY=$(upcall cloud key phone)",
    ),
)
def key(
    tenant: Annotated[str, typer.Argument(help="Who will use it, for example a device's name.")],
    keys: KeysOption = None,
) -> None:
    """Add a key to the file, and print it."""
    typer.echo(create_key(_key_file(keys), tenant))


def model_file(model: str) -> Path:
    """The GGUF file that a user means.

    Args:
        model: a path that exists or looks like one, else a name in the catalogue.

    Raises:
        ModelError: the name is not known, its model is not pulled or is not a chat model.
        InputError: the path leads to no file.
    """
    path = Path(model)
    if path.suffix == ".gguf" or "/" in model:
        if not path.is_file():
            raise InputError(
                f"There is no file {path}.", next_step="give a GGUF file, or a name that: upcall pull knows"
            )
        return path
    from upcall.edge_runtime.downloads.catalogue import entries, find
    from upcall.edge_runtime.downloads.store import model_path

    entry = find(model)
    if entry.role == "detector":
        raise ModelError(
            f"The model '{model}' is not a chat model: it finds names and addresses.",
            allowed=", ".join(known.name for known in entries() if known.role != "detector"),
            next_step=f"leave --model out to serve {DEFAULT_MODEL}",
        )
    return model_path(entry)


def _keys(path: Path | None, *, host: str, no_auth: bool) -> ApiKeys | None:
    if no_auth:
        if not is_loopback(host):
            raise InputError(
                f"--no-auth on {host} would let anybody call.",
                allowed="--no-auth on loopback only",
                next_step="make a key with: upcall cloud key NAME",
            )
        return None
    file = _key_file(path)
    if not file.exists():
        raise InputError(
            f"There is no key yet: {file} does not exist.",
            next_step="make one with: upcall cloud key NAME, or give --no-auth on a machine of your own",
        )
    keys = ApiKeys.load(file)
    if not len(keys):
        raise InputError(f"The key file {file} holds no key.", next_step="make one with: upcall cloud key NAME")
    return keys


def _key_file(path: Path | None) -> Path:
    return path or upcall_home() / "cloud_keys"
