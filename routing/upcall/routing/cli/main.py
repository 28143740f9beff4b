"""Registers the commands of ``upcall route`` by name, and imports one only when it is called."""

from __future__ import annotations

from upcall.edge_runtime.cli.commands import command_app, help_with_examples, register

COMMANDS = {
    "collect": ("upcall.routing.cli.collect", "Ask every tier known questions, write an outcome table."),
    "import": ("upcall.routing.cli.importing", "Make an outcome table of somebody else's records."),
    "train": ("upcall.routing.cli.train", "Train a router head on an outcome table."),
    "calibrate": ("upcall.routing.cli.calibrate", "Choose a head's threshold anew."),
    "eval": ("upcall.routing.cli.evaluate", "Compare methods and baselines on a table."),
    "report": ("upcall.routing.cli.report", "The comparison as tables, plots and a page."),
    "explain": ("upcall.routing.cli.explain", "Why a query went where it did."),
}

app = command_app(
    name="upcall route",
    help=help_with_examples(
        "Collect what each tier answers, train routers on it, and compare them.",
        "upcall route collect --data DATA --tier large=127.0.0.1:50051 --cost device=0.09 --out outcomes.parquet",
        "upcall route train --table outcomes.parquet --out head.safetensors",
        "upcall route report --table outcomes.parquet --out report",
    ),
    no_args_is_help=True,
)


register(app, COMMANDS, called="upcall route")
