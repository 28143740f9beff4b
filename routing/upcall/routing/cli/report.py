"""``upcall route report``: an evaluation as a page with plots."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.routing.cli import evaluate as shared
from upcall.routing.evaluation.guarantee import Bound
from upcall.routing.evaluation.report import write_report
from upcall.routing.output import made_folder
from upcall.routing.tables.parquet import read_table

app = command_app()


@app.command(
    help=help_with_examples(
        "Evaluate as `upcall route eval` does, and write report.html (self-contained: it loads nothing), its "
        "plots as PNG and figures.json into a folder.",
        "upcall route report --table outcomes.parquet --out report",
        "upcall route report --table outcomes.parquet --methods random,cascade,bellman --out report --title 'Our pair'",
    ),
)
def report_command(
    table: shared.TableOption,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Made where it is missing.")],
    title: Annotated[str, typer.Option("--title", help="Title of the page.")] = "",
    methods: shared.MethodsOption = "",
    budgets: shared.BudgetsOption = "",
    seed: shared.SeedOption = 0,
    resamples: shared.ResamplesOption = 500,
    max_loss: shared.LossOption = 0.05,
    delta: shared.DeltaOption = 0.1,
    bound: shared.BoundOption = Bound.BETTING,
) -> None:
    """Evaluate and write the report."""
    options = shared.options_of(
        methods=methods, budgets=budgets, seed=seed, resamples=resamples, most=max_loss, delta=delta, bound=bound
    )
    made_folder(out)  # minutes before it is needed
    evaluation = shared.evaluated(read_table(table), options)
    given = {"--methods": methods, "--budgets": budgets, "--seed": str(seed), "--bound": str(bound)}
    words = ["--table", table.name, *(word for name, own in given.items() if own for word in (name, own))]
    path = write_report(
        evaluation,
        out,
        command=shlex.join(["upcall", "route", "report", *words]),
        title=title or f"Routing: {table.stem}",
    )
    Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(f"wrote {path}")
