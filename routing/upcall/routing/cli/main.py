"""Registers the commands of ``upcall route`` by name, and imports one only when it is called."""

from __future__ import annotations

import importlib

import typer

COMMANDS = {
    "collect": ("upcall.routing.cli.collect", "Ask every tier known questions, write an outcome table."),
    "import": ("upcall.routing.cli.importing", "Make an outcome table of somebody else's records."),
    "train": ("upcall.routing.cli.train", "Train a router head on an outcome table."),
    "calibrate": ("upcall.routing.cli.calibrate", "Choose a head's threshold anew."),
    "eval": ("upcall.routing.cli.evaluate", "Compare methods and baselines on a table."),
    "report": ("upcall.routing.cli.report", "The comparison as tables, plots and a page."),
    "explain": ("upcall.routing.cli.explain", "Why a query went where it did."),
}

app = typer.Typer(
    name="upcall route",
    help="Collect what each tier answers, train routers on it, and compare them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _register(name: str, module: str, text: str) -> None:
    # The command's own options, `--help` included, are read by its own app.
    settings = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

    @app.command(name, help=text, context_settings=settings, add_help_option=False)
    def _(context: typer.Context) -> None:
        importlib.import_module(module).app(args=context.args, prog_name=f"upcall route {name}", standalone_mode=True)


for _name, (_module, _text) in COMMANDS.items():
    _register(_name, _module, _text)
