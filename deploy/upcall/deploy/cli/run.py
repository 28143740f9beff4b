"""``upcall deploy run``: ask on the phone, show the answer here."""

from __future__ import annotations

import json
import shlex
import sys
import uuid
from typing import Annotated, Any

import typer

from upcall.deploy.cli.options import BundleNameOption, DryRunOption, SerialOption, notes
from upcall.deploy.connecting import connect
from upcall.deploy.contract import ask_request, raise_failure
from upcall.deploy.quoting import shell_line
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.cli.rendering import visible
from upcall.edge_runtime.decision.decide import Strategy

app = command_app()


@app.command(
    help=help_with_examples(
        "Ask the app on the phone one question, in a new conversation, and show its answer and where it came from. The answer "
        "is taken off the phone's files again; the conversation stays in the app.",
        "upcall deploy run 'What is 12 + 30?'",
        "upcall deploy run 'Write to ann@example.com' --strategy cloud --json",
    )
)
def run(
    question: Annotated[str, typer.Argument(help="The question.", show_default=False)],
    strategy: Annotated[Strategy | None, typer.Option(help="Where to answer. [default: as set in the app]")] = None,
    bundle: BundleNameOption = None,
    timeout_s: Annotated[float, typer.Option("--timeout-s", min=1.0, help="For the answer.")] = 180.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the app's report, one JSON object.")] = False,
    serial: SerialOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Start, wait, show."""
    request = ask_request(str(uuid.uuid4()), question, strategy=strategy, bundle=bundle)
    shell_line(*request.words())  # whether it can be said at all
    phone = connect(serial)
    from upcall.deploy.asking import ask
    from upcall.deploy.facts import require_app

    require_app(phone)
    console = notes()
    if dry_run:
        console.print(f"Would run on {phone.serial}: {visible(shlex.join(request.words()))}")
        return
    with console.status("The phone answers …"):
        report = ask(phone, request, timeout_s=timeout_s)
    if as_json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    raise_failure(report)
    if not as_json:
        sys.stdout.write(f"{visible(report['answer'] or '')}\n")
        for line in described(report):
            console.print(visible(line), style="dim")


def described(report: dict[str, Any]) -> list[str]:
    """Where the answer came from, why and how fast, and what left the phone, as ``upcall ask`` tells it; plain text."""
    score, threshold = report["score"], report["threshold"]
    numbers = ""
    if score is not None and threshold is not None:
        numbers = f" (score {score:.2f} {'<' if score < threshold else '≥'} {threshold:.2f})"
    parts = [f"{report['place']}: {(report['reason'] or 'unknown').replace('_', ' ')}{numbers}"]
    if report["output_tokens"] is not None:
        parts.append(f"{report['output_tokens']} tokens")
    if report["time_to_first_token_ms"] is not None:
        parts.append(f"first after {report['time_to_first_token_ms']:.0f} ms")
    if report["tokens_per_s"] is not None:
        parts.append(f"{report['tokens_per_s']:.0f} tokens/s")
    parts.append(str(report["bundle"] or "no bundle"))
    lines = [" · ".join(parts)]
    if report["error"]:  # the cloud's, in place of which the phone answered
        lines.append(str(report["error"].get("problem", "")))
    if not report["left_device"]:
        return [*lines, "Nothing left the phone."]
    masked = ", ".join(f"{count} {kind}" for kind, count in report["masked"].items()) or "nothing"
    lines.append(f"Left the phone, {masked} masked:")
    return [
        *lines,
        *(f"  {sent.get('role')}: {sent.get('content')}" for sent in report["sent"] if isinstance(sent, dict)),
    ]
