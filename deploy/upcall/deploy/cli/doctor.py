"""``upcall deploy doctor``: can this phone run it?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from upcall.deploy.cli.options import SerialOption
from upcall.deploy.connecting import choose, listed, server
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.cli.rendering import visible
from upcall.edge_runtime.errors import PhoneError

app = command_app()
_MARKS = {True: "ok", False: "NO", None: "?"}


@app.command(
    help=help_with_examples(
        "Look at the adb server, the phone and the app: what is wrong, and what to do about it. Changes nothing. Exit code 0 "
        "when all of it is as it must be, 10 when not.",
        "upcall deploy doctor",
        "upcall deploy doctor --serial emulator-5554 --json",
    )
)
def doctor(
    serial: SerialOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print each check as it was found."""
    client = server()
    found = listed(client)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    if not as_json:
        console.print(f"{_MARKS[True]:<3} {'adb':<8} server on {client.host}:{client.port}")
        for each in found:
            console.print(visible(f"{_MARKS[each.is_ready]:<3} {'phone':<8} {each}"))
    phone = choose(client, found, serial)
    from upcall.deploy.checks import checks
    from upcall.deploy.facts import read_facts

    facts = read_facts(phone)
    every = list(checks(facts))
    wrong = [check for check in every if check.holds is False]
    if as_json:
        told = {**asdict(facts), "checks": [asdict(check) for check in every]}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        console.print(visible(f"{'':<3} {'model':<8} {facts.model or 'unknown'}, {facts.serial}"))
        for check in every:
            console.print(visible(f"{_MARKS[check.holds]:<3} {check.name:<8} {check.found}"))
    if wrong:
        raise PhoneError(
            f"Not as it must be: {', '.join(check.name for check in wrong)}.",
            next_step="; then ".join(check.next_step for check in wrong),
        )
