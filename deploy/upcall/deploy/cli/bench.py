"""``upcall deploy bench``: measure the phone beside this machine."""

from __future__ import annotations

import json
import shlex
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from upcall.deploy.cli.options import DryRunOption, SerialOption, notes
from upcall.deploy.connecting import connect
from upcall.deploy.contract import bench_request, raise_failure
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.cli.rendering import visible
from upcall.edge_runtime.errors import OutputError
from upcall.edge_runtime.files import replacing

app = command_app()


@app.command(
    help=help_with_examples(
        "Measure a pushed bundle in the app on the phone, then the same bundle with Python's engine on this machine, on "
        "prompts of as many tokens. Keep the phone's screen on, and leave both alone meanwhile.",
        "upcall deploy bench ~/.cache/upcall/bundles/smollm2-135m-instruct-onnx_int4_g32",
        "upcall deploy bench ./my-bundle --name tuned --rounds 5 --json phone.json",
    )
)
def bench(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The bundle's folder here.", show_default=False)],
    name: Annotated[
        str | None, typer.Option("--name", help="What it is called on the phone. [default: as its folder]")
    ] = None,
    output_tokens: Annotated[int, typer.Option("--output-tokens", min=2, max=1024, help="Of each round.")] = 64,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=100, help="How often it is measured.")] = 3,
    timeout_s: Annotated[float, typer.Option("--timeout-s", min=1.0, help="For the phone's rounds.")] = 600.0,
    phone_only: Annotated[bool, typer.Option("--phone-only", help="Do not measure this machine.")] = False,
    file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write both reports to this file.")
    ] = None,
    serial: SerialOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Measure there, measure here, compare."""
    opened = open_bundle(bundle)
    request = bench_request(
        str(uuid.uuid4()),
        bundle=name if name is not None else bundle.resolve().name,
        output_tokens=output_tokens,
        rounds=rounds,
    )
    from upcall.deploy.host_benchmark import measure_here, require_engine

    if not phone_only:
        require_engine(opened)
    phone = connect(serial)
    from upcall.deploy.asking import ask
    from upcall.deploy.facts import require_app

    require_app(phone)
    console = notes()
    if dry_run:
        console.print(f"Would run on {phone.serial}: {shlex.join(request.words())}")
        return
    with console.status("The phone measures …"):
        report = ask(phone, request, timeout_s=timeout_s)
    raise_failure(report)
    host = None
    if not phone_only and report["rounds"]:
        with console.status("This machine measures …"):
            lengths = [each["prompt_tokens"] for each in report["rounds"]]
            positions = [each["position"] for each in report["by_position"]]
            host = measure_here(opened, prompt_tokens=lengths, positions=positions, output_tokens=output_tokens)
    Console().print(_table(report, host))
    console.print(visible(_circumstances(report)))
    if file is not None:
        content = json.dumps({"phone": report, "host": host}, ensure_ascii=False, indent=2) + "\n"
        try:
            with replacing(file) as out:
                out.write(content.encode())
        except OSError as error:
            raise OutputError(f"{file} cannot be written ({error.strerror}).", next_step="name another file") from None


def _table(phone: dict[str, Any], host: dict[str, Any] | None) -> Table:
    table = Table("figure", title=visible(str(phone["bundle"])), title_justify="left")
    table.add_column("phone", justify="right")
    if host is not None:
        table.add_column("this machine", justify="right")
        table.add_column("phone ÷ this", justify="right")
    figures: dict[str, Callable[[dict[str, Any]], float | None]] = {
        "load, ms": lambda report: report["load_ms"],
        "first token, ms": lambda report: _median(report, "time_to_first_token_ms"),
        "prefill, tokens/s": lambda report: _median(report, "prefill_tokens_per_s"),
        "decode, tokens/s": lambda report: _median(report, "decode_tokens_per_s"),
        "peak memory, MB": lambda report: None if report["peak_rss_bytes"] is None else report["peak_rss_bytes"] / 1e6,
    }
    for each in phone["by_position"]:
        figures[f"decode at {each['position']}, tokens/s"] = partial(_at_position, position=each["position"])
    for figure, value in figures.items():
        own = value(phone)
        row = [figure, _shown(own)]
        if host is not None:
            other = value(host)
            row += [_shown(other), f"{own / other:.2f}" if own is not None and other else "–"]
        table.add_row(*row)
    engines = [f"{report['engine']} {report['engine_version']}" for report in (phone, host) if report is not None]
    table.add_row("engine", *map(visible, engines), *[""] * (host is not None))
    return table


def _median(report: dict[str, Any], name: str) -> float | None:
    return median(each[name] for each in report["rounds"]) if report["rounds"] else None


def _at_position(report: dict[str, Any], position: int) -> float | None:
    return next((each["decode_tokens_per_s"] for each in report["by_position"] if each["position"] == position), None)


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"


def _circumstances(report: dict[str, Any]) -> str:
    device = report["device"]
    battery = "" if report["battery_percent"] is None else f", battery {report['battery_percent']:.0f} %"
    return (
        f"{device.get('model')}, {device.get('abi')}, Android {device.get('android')}; "
        f"heat {report['thermal_before']} before, {report['thermal_after']} after{battery}; "
        f"medians of {len(report['rounds'])} rounds"
    )
