"""``upcall verify``: does this bundle work here?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.engines.verification import verify_engine

app = command_app()


@app.command(
    help=help_with_examples(
        "Verify a bundle: every file has the size and sha256 of the manifest and there is no other; the model "
        "loads, gives finite numbers along a short answer, and reads a prompt in chunks as it does at once. Exit "
        "code 0 when all of it holds, 5 when not.",
        "upcall verify ~/.cache/upcall/bundles/smollm2-135m-instruct-onnx_int4_g32",
        "upcall verify ./my-bundle && scp -r ./my-bundle device:",
    ),
)
def verify_command(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The bundle's folder.", show_default=False)],
) -> None:
    """Print each check as it holds."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    opened = open_bundle(bundle)
    size = sum(entry.size_bytes for entry in opened.manifest.files) / 1e6
    console.print(f"ok  every file is as the manifest says: {len(opened.manifest.files)} files, {size:,.1f} MB")
    for check in verify_engine(opened):
        console.print(f"ok  {check.name}: {check.found}")
