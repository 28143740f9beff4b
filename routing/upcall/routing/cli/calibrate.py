"""``upcall route calibrate``: another threshold for a head."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upcall.edge_runtime.bundle import file_sha256
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.routing.cli.train import (
    BoundOption,
    DeltaOption,
    LossOption,
    OutOption,
    SeedOption,
    TableOption,
    TargetOption,
    print_head,
    rule_of,
)
from upcall.routing.evaluation.guarantee import Bound
from upcall.routing.heads.router_head import read_head, save_head
from upcall.routing.heads.thresholds import with_threshold
from upcall.routing.output import check_file
from upcall.routing.tables.parquet import read_table

app = command_app()


@app.command(
    help=help_with_examples(
        "Choose a head's threshold on the calibration queries of a table, such as of your own questions. Its "
        "weights stay.",
        "upcall route calibrate head.safetensors --table mine.parquet --target-kept-accuracy 0.95 --out "
        "strict.safetensors",
        "upcall route calibrate head.safetensors --table mine.parquet --max-loss 0.02 --delta 0.05 --out "
        "safe.safetensors",
    ),
)
def calibrate_command(
    head: Annotated[Path, typer.Argument(help="File that `upcall route train` wrote.", show_default=False)],
    table: TableOption,
    out: OutOption,
    target_kept_accuracy: TargetOption = None,
    max_loss: LossOption = None,
    delta: DeltaOption = 0.1,
    bound: BoundOption = Bound.BETTING,
    seed: SeedOption = 0,
) -> None:
    """Choose, save and tell."""
    rule = rule_of(target_kept_accuracy, max_loss=max_loss, delta=delta, bound=bound)
    check_file(out)
    given, outcomes = read_head(head), read_table(table)
    chosen = with_threshold(given, outcomes, rule, set_name=table.stem, set_sha256=file_sha256(table), seed=seed)
    save_head(chosen, out)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    if given.threshold is not None:
        console.print(f"before     {given.threshold.value:.4f} nats")
    print_head(chosen, outcomes, out, console, seed=seed)
