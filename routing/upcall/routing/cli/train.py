"""``upcall route train``: a router head for a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upcall.edge_runtime.bundle import file_sha256
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.routing.evaluation.guarantee import Bound
from upcall.routing.heads.figures import HeadReport, held_out_figures
from upcall.routing.heads.router_head import RouterHead, save_head
from upcall.routing.heads.thresholds import KeptAccuracy, SmallLoss, with_threshold
from upcall.routing.heads.training import Kind, train_head
from upcall.routing.output import check_file
from upcall.routing.tables.outcome_table import OutcomeTable, Split, joined
from upcall.routing.tables.parquet import read_table

app = command_app()

TableOption = Annotated[
    Path, typer.Option("--table", metavar="FILE", help="Parquet file of outcomes, with features of the bundle's model.")
]
OutOption = Annotated[Path, typer.Option("--out", metavar="HEAD", help="File to write.")]
TargetOption = Annotated[
    float | None,
    typer.Option(
        "--target-kept-accuracy",
        help="Least share of right ones among the answers that the device keeps. [default: 0.9, unless --max-loss is given]",
    ),
]
LossOption = Annotated[
    float | None,
    typer.Option(
        "--max-loss",
        help="In place of it: loss of mean quality against always calling, at most, with confidence 1 − --delta.",
    ),
]
DeltaOption = Annotated[float, typer.Option("--delta", help="Probability that --max-loss is exceeded, at most.")]
BoundOption = Annotated[Bound, typer.Option("--bound", help="Bound that --max-loss rests on.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Same seed, same head.")]


@app.command(
    help=help_with_examples(
        "Train a router head on the train queries of a table, calibrate it and choose its threshold on its "
        "calibration queries, and tell how good it is on its test queries. `upcall export BUNDLE --router HEAD` "
        "puts it into the bundle on whose features it was trained, and into no other.",
        "upcall route train --table outcomes.parquet --stage post --out head.safetensors",
        "upcall route train --table outcomes.parquet --model mlp --max-loss 0.05 --delta 0.1 --out head.safetensors",
        "upcall route train --table usual.parquet --table varied.parquet --out head.safetensors",
        "upcall export ./my-bundle --router ./head.safetensors --out ./my-bundle-routed",
    ),
)
def train_command(
    table: Annotated[
        list[Path],
        typer.Option(
            "--table",
            metavar="FILE",
            help="Parquet file of outcomes, with features of the bundle's model. Of several, the device's outcomes are joined.",
        ),
    ],
    out: OutOption,
    stage: Annotated[
        RouterStage,
        typer.Option(
            "--stage",
            help="Asked before the answer or after it; a head of stage pre decides if a threshold is asked for.",
        ),
    ] = RouterStage.POST,
    model: Annotated[Kind, typer.Option("--model", help="One layer, or two.")] = Kind.LOGISTIC,
    target_kept_accuracy: TargetOption = None,
    max_loss: LossOption = None,
    delta: DeltaOption = 0.1,
    bound: BoundOption = Bound.BETTING,
    seed: SeedOption = 0,
) -> None:
    """Train, save and tell."""
    rule = rule_of(target_kept_accuracy, max_loss=max_loss, delta=delta, bound=bound)
    check_file(out)
    outcomes = joined([read_table(one) for one in table])
    head = train_head(outcomes, stage=stage, kind=model, seed=seed)
    decides = stage is RouterStage.POST or target_kept_accuracy is not None or max_loss is not None
    if decides:
        head = with_threshold(
            head,
            outcomes,
            rule,
            set_name="+".join(one.stem for one in table),
            set_sha256=file_sha256(table[0]) if len(table) == 1 else "",
            seed=seed,
        )
    save_head(head, out)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    counts = ", ".join(f"{int((outcomes.splits == split).sum())} {split}" for split in Split)
    console.print(f"head       {stage}, {model}, {head.feature_count:,} features; queries: {counts}")
    print_head(head, outcomes, out, console, seed=seed)


def rule_of(target: float | None, *, max_loss: float | None, delta: float, bound: Bound) -> KeptAccuracy | SmallLoss:
    """The rule by which a threshold is chosen, read from the command line.

    Raises:
        InputError: both were given, or one is out of range.
    """
    if target is not None and max_loss is not None:
        raise InputError("--target-kept-accuracy and --max-loss were given together.", allowed="one of them")
    if max_loss is None:
        return KeptAccuracy() if target is None else KeptAccuracy(target=target)
    return SmallLoss(most=max_loss, delta=delta, bound=bound)


def print_head(head: RouterHead, table: OutcomeTable, out: Path, console: Console, *, seed: int) -> None:
    """Print figures of the test queries, the threshold, and what to do with the file."""
    own = held_out_figures(head, table, seed=seed)
    if own is None:
        console.print("test       the table has no test queries")
    else:
        console.print(f"test       {_told(own.whole)}")
        if len(own.tasks) > 1:
            for name, figures in own.tasks.items():
                console.print(f"           {name}: {_told(figures)}")
    if head.threshold is not None:
        by = head.threshold.calibration
        console.print(
            f"threshold  {head.threshold.value:.4f} nats; keeps {by.kept_share:.0%} of {by.question_count} calibration "
            f"queries, of those {by.kept_accuracy:.0%} right"
            + (f"; of the test queries {own.kept_share:.0%}, {own.kept_accuracy:.0%} right" if own is not None else "")
        )
    console.print(f"written    {out}\nnext       upcall export BUNDLE --router {out}")


def _told(own: HeadReport) -> str:
    return f"AUROC {own.auroc}, ECE {own.ece:.3f}, Brier {own.brier:.3f}, {own.queries} queries"
