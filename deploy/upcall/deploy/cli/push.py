"""``upcall deploy push``: put a bundle into the app."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import TaskID

from upcall.deploy.cli.options import DryRunOption, SerialOption, notes, transfer_bar
from upcall.deploy.connecting import connect
from upcall.deploy.contract import MODELS, checked_bundle_name
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.cli.rendering import visible
from upcall.edge_runtime.errors import InputError

if TYPE_CHECKING:
    from upcall.deploy.adb import Phone
    from upcall.deploy.payload import Payload

app = command_app()


@app.command(
    help=help_with_examples(
        "Put a bundle into the app on the phone, verified here first and there file by file. What is there already is skipped; "
        "interrupted, the same command goes on where it stopped. The app must be a debuggable build.\n\nWith --names also, or "
        "only, the model that finds names and addresses, from `upcall pull rampart`.",
        "upcall deploy push ~/.cache/upcall/bundles/smollm2-135m-instruct-onnx_int4_g32",
        "upcall deploy push ./my-bundle --name tuned --dry-run",
        "upcall deploy push --names",
    )
)
def push(
    bundle: Annotated[
        Path | None, typer.Argument(metavar="BUNDLE", help="The bundle's folder.", show_default=False)
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="What it is called on the phone. [default: as its folder]")
    ] = None,
    names: Annotated[bool, typer.Option("--names", help="The model that finds names and addresses.")] = False,
    serial: SerialOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Verify, compare, check room and memory, send."""
    if bundle is None and not names:
        raise InputError(
            "Nothing was named to push.", allowed="a bundle, --names or both", next_step="upcall deploy push --help"
        )
    from upcall.deploy.payload import bundle_payload, names_payload

    payloads = []
    if bundle is not None:
        on_phone = checked_bundle_name(name if name is not None else bundle.resolve().name)
        payloads.append(bundle_payload(open_bundle(bundle), on_phone))
    if names:
        payloads.append(names_payload())
    phone = connect(serial)
    from upcall.deploy.facts import require_app

    require_app(phone)
    for payload in payloads:
        _push(phone, payload, dry_run=dry_run)


def _push(phone: Phone, payload: Payload, *, dry_run: bool) -> None:
    from upcall.deploy.pushing import carry_out, check_capacity, plan_push

    plan = plan_push(phone, payload)
    check_capacity(phone, payload, plan)
    console = notes()
    if dry_run:
        for step in plan.steps:
            does = "is there" if step.is_in_app else f"would be sent: {step.left_bytes:,} bytes"
            console.print(visible(f"{does:<36} {step.file.name}"))
        for unlisted in plan.unlisted:
            console.print(visible(f"{'would be removed':<36} {unlisted}"))
        return
    if plan.is_done:
        console.print(f"{payload.name} is on the phone {phone.serial} already, file by file.")
        return
    with transfer_bar() as bar:
        tasks: dict[str, TaskID] = {}

        def show(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = bar.add_task(visible(file), total=total)
            bar.update(tasks[file], completed=done)

        carry_out(phone, plan, progress=show)
    skipped = sum(step.is_in_app for step in plan.steps)
    console.print(
        f"{payload.name}: {plan.to_send_bytes / 1e6:,.1f} MB sent, {skipped} of {len(plan.steps)} files were there; "
        f"now in {MODELS} of the app on {phone.serial}."
    )
