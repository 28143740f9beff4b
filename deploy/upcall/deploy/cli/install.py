"""``upcall deploy install``: put the app on the phone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from upcall.deploy.apk import read_apk
from upcall.deploy.cli.options import DryRunOption, SerialOption, notes, transfer_bar
from upcall.deploy.connecting import connect
from upcall.edge_runtime.cli.commands import command_app, help_with_examples

app = command_app()


@app.command(
    help=help_with_examples(
        "Install the app from an APK, over an older version if there is one: conversations and models stay. Whether it fits "
        "the phone is checked before it is sent.",
        "upcall deploy install app-debug.apk",
        "upcall deploy install app-debug.apk --serial emulator-5554 --dry-run",
    )
)
def install_command(
    apk: Annotated[Path, typer.Argument(metavar="APK", help="The app as a file.", show_default=False)],
    serial: SerialOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Read the APK, compare it with the phone, send it, have it installed."""
    read = read_apk(apk)
    phone = connect(serial)
    from upcall.deploy.installing import check_fit, install

    check_fit(phone, read)
    console = notes()
    engines = f"engines for {', '.join(read.abis)}" if read.abis else "no engine in it: it can only call the cloud"
    if dry_run:
        console.print(
            f"Would send {apk} ({read.size_bytes / 1e6:,.1f} MB, {engines}) to {phone.serial} and install it."
        )
        return
    with transfer_bar() as bar:
        task = bar.add_task(apk.name, total=read.size_bytes)
        install(phone, read, progress=lambda sent: bar.update(task, completed=sent))
    console.print(f"Installed on {phone.serial}: {engines}.\nNext: upcall deploy push BUNDLE")
