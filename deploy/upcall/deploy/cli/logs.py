"""``upcall deploy logs``: show the app's log."""

from __future__ import annotations

from typing import Annotated

import typer

from upcall.deploy.cli.options import SerialOption
from upcall.deploy.connecting import connect
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.cli.output import write

app = command_app()


@app.command(
    help=help_with_examples(
        "Show what the app's process wrote to the phone's log, and nothing of other apps; where it does not run, that of its "
        "last crash. The app writes no word of prompts or answers there.",
        "upcall deploy logs",
        "upcall deploy logs --follow > app.log",
    )
)
def logs(
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on until Ctrl-C, also when the app starts anew.")
    ] = False,
    serial: SerialOption = None,
) -> None:
    """Write the log to standard output as it is."""
    phone = connect(serial)
    from upcall.deploy import logs as app_log

    if not follow:
        write(app_log.recent(phone))
        return
    for piece in app_log.follow(phone):
        if piece:
            write(piece)
