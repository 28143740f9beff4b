"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

SerialOption = Annotated[
    str | None,
    typer.Option(
        "--serial", metavar="SERIAL", envvar="ANDROID_SERIAL", help="Which phone. [default: the only one there is]"
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Look at the phone, say what would be done, and change nothing.")
]
BundleNameOption = Annotated[
    str | None, typer.Option("--bundle", metavar="NAME", help="Bundle on the phone. [default: the app's choice]")
]


def transfer_bar() -> Progress:
    """A bar for files on their way; without a terminal it shows nothing."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def notes() -> Console:
    """Where everything goes that is not the result."""
    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
