"""``upcall pull``: bring models onto this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table

from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.downloads.catalogue import DEVICE_MODEL, CatalogueEntry, entries, find
from upcall.edge_runtime.downloads.pull import PullProgress, pull
from upcall.edge_runtime.downloads.store import is_pulled
from upcall.edge_runtime.errors import InputError

CLOUD_MODEL = "qwen2.5-coder-0.5b-instruct"

app = command_app()


@app.command(
    help=help_with_examples(
        "Bring models onto this machine: downloaded, checked against a pinned sha256, kept under "
        "UPCALL_HOME/models. Interrupted, the same command goes on where it stopped.",
        "upcall pull --device --cloud",
        "upcall pull rampart",
        "upcall pull smollm2-135m-instruct --from ~/Downloads/SmolLM2-135M-Instruct.Q4_1.gguf",
    ),
)
def pull_command(
    names: Annotated[list[str] | None, typer.Argument(help="Models of the catalogue.", show_default=False)] = None,
    device: Annotated[bool, typer.Option("--device", help=f"The device's model, {DEVICE_MODEL}.")] = False,
    cloud: Annotated[bool, typer.Option("--cloud", help=f"The cloud's small model, {CLOUD_MODEL}.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Every model of the catalogue.")] = False,
    show: Annotated[bool, typer.Option("--list", help="Show the catalogue and pull nothing.")] = False,
    own_copy: Annotated[
        Path | None,
        typer.Option("--from", metavar="PATH", help="Take your own file or folder, checked all the same; one model."),
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Hash files again that were verified before.")] = False,
) -> None:
    """Pull the chosen models one after another."""
    if show:
        _show()
        return
    chosen = {name: find(name) for name in names or []}
    wanted = [DEVICE_MODEL] * device + [CLOUD_MODEL] * cloud + [entry.name for entry in entries()] * every
    chosen.update((name, find(name)) for name in wanted)
    if not chosen:
        raise InputError(
            "No model was named.",
            allowed="a name of the catalogue, --device, --cloud or --all",
            next_step="upcall pull --list",
        )
    if own_copy is not None and len(chosen) != 1:
        raise InputError(f"--from was given with {len(chosen)} models.", allowed="exactly one model")
    if own_copy is not None and not own_copy.exists():
        raise InputError(f"There is no file or folder {own_copy}.")
    for entry in chosen.values():
        _pull(entry, own_copy=own_copy, verify=verify)


def _pull(entry: CatalogueEntry, *, own_copy: Path | None, verify: bool) -> None:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        tasks: dict[tuple[str, str, str], TaskID] = {}

        def show(progress: PullProgress) -> None:
            key = (progress.file, progress.stage, progress.source)
            if key not in tasks:
                origin = f" from {progress.source}" if progress.source else ""
                tasks[key] = bar.add_task(f"{progress.stage} {progress.file}{origin}", total=progress.total_bytes)
            bar.update(tasks[key], completed=progress.done_bytes)

        path = pull(entry, progress=show, own_copy=own_copy, verify=verify)
    console.print(f"{entry.name}: {path}", soft_wrap=True, highlight=False)


def _show() -> None:
    table = Table("model", "role", "size", "licence", "pulled")
    for entry in entries():
        pulled = "yes" if is_pulled(entry) else "no"
        table.add_row(entry.name, entry.role, f"{entry.size_bytes / 1e6:,.0f} MB", entry.licence, pulled)
    console = Console()
    console.print(table)
    for entry in entries():
        console.print(f"{entry.name}: {entry.note}", highlight=False)
