"""``upcall ask``: one question, one answer."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from upcall.edge_runtime.cli import options as shared
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.cli.preview import Preview
from upcall.edge_runtime.cli.rendering import as_json as plain_values
from upcall.edge_runtime.cli.rendering import describe, describe_reasons, follow
from upcall.edge_runtime.conversation import Message, Role, SamplingOptions
from upcall.edge_runtime.decision.decide import Strategy
from upcall.edge_runtime.engines.opening import EngineName
from upcall.edge_runtime.question import AskOptions

app = command_app()


@app.command(
    help=help_with_examples(
        "Ask one question. The answer goes to standard output, where it came from to standard error.",
        "upcall ask 'What is 12 + 30?'",
        "echo 'Sort these: pear, apple, fig' | upcall ask -",
        "UPCALL_API_KEY=… upcall ask --cloud localhost:50051 --why 'Write to ann@example.com'",
    )
)
def ask(
    prompt: Annotated[str, typer.Argument(help="The question; - reads standard input.")] = "-",
    bundle: shared.BundleOption = None,
    engine: shared.EngineOption = EngineName.AUTO,
    cloud: shared.CloudOption = None,
    cloud_model: shared.CloudModelOption = "",
    tls: shared.TlsOption = False,
    ca_certificate: shared.CaCertificateOption = None,
    strategy: Annotated[
        Strategy, typer.Option(help="local: never call. cloud: always call. cascade: call when the device is not sure.")
    ] = Strategy.CASCADE,
    system: shared.SystemOption = None,
    private: shared.PrivateOption = None,
    block: shared.BlockOption = None,
    policy: shared.PolicyOption = None,
    no_ner: shared.NoNerOption = False,
    preview: shared.PreviewOption = False,
    threshold: shared.ThresholdOption = None,
    quality_level: shared.QualityOption = None,
    max_output_tokens: shared.MaxTokensOption = 256,
    temperature: shared.TemperatureOption = 0.0,
    seed: shared.SeedOption = 0,
    cloud_timeout_ms: shared.TimeoutOption = 60_000,
    why: Annotated[
        bool, typer.Option("--why", help="Show what each input of the decision did, and exactly what left the device.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with all there is to know.")] = False,
) -> None:
    """Ask, show the answer as it comes, and then where it came from."""
    text = shared.read_standard_input() if prompt == "-" else prompt
    messages = [Message(Role.SYSTEM, system)] if system is not None else []
    messages.append(Message(Role.USER, text))
    asked = AskOptions(
        strategy=strategy,
        sampling=SamplingOptions(temperature=temperature, seed=seed),
        max_output_tokens=max_output_tokens,
        cloud_timeout_ms=cloud_timeout_ms,
        threshold=threshold,
        quality_level=quality_level,
    )
    given = shared.policy_from(policy, block=block)
    session = shared.session_from(
        bundle=bundle,
        engine=engine,
        cloud=cloud,
        cloud_model=cloud_model,
        tls=tls,
        ca_certificate=ca_certificate,
        given=given,
        private=private,
        no_ner=no_ner,
    )
    notes = Console(stderr=True)
    try:
        answer = follow(
            session.ask(messages, asked, approve=Preview(notes) if preview else None),
            out=None if as_json else Console(),
            notes=None if as_json else notes,
        )
    finally:
        session.close()
    if as_json:
        sys.stdout.write(json.dumps(plain_values(answer), ensure_ascii=False) + "\n")
    elif answer.done is not None:
        if why:
            notes.print(describe_reasons(answer), highlight=False, soft_wrap=True)
        notes.print(describe(answer), highlight=False, soft_wrap=True)
    if answer.was_stopped:
        raise KeyboardInterrupt
    if answer.error is not None:
        raise answer.error
