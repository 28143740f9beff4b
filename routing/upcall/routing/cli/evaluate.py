"""``upcall route eval``: every method on a table of outcomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.cli.output import write
from upcall.edge_runtime.errors import InputError
from upcall.routing.evaluation.evaluate import Evaluation, Options, evaluate
from upcall.routing.evaluation.guarantee import Bound
from upcall.routing.evaluation.json_values import as_json
from upcall.routing.evaluation.metrics import Interval
from upcall.routing.tables.outcome_table import OutcomeTable
from upcall.routing.tables.parquet import read_table

app = command_app()

TableOption = Annotated[Path, typer.Option("--table", metavar="FILE", help="Parquet file of outcomes.")]
MethodsOption = Annotated[
    str, typer.Option("--methods", metavar="NAMES", help="With commas between. [default: all that the columns allow]")
]
BudgetsOption = Annotated[
    str,
    typer.Option(
        "--budgets",
        metavar="NUMBERS",
        help="Mean costs a query, with commas between. [default: the quarters between the cheapest and the dearest tier]",
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Same seed, same figures.")]
ResamplesOption = Annotated[int, typer.Option("--resamples", min=1, help="Bootstrap resamples of the test queries.")]
LossOption = Annotated[
    float, typer.Option("--max-loss", help="Promised loss of mean quality against the cloud, at most.")
]
DeltaOption = Annotated[float, typer.Option("--delta", help="Probability that the promise is broken, at most.")]
BoundOption = Annotated[Bound, typer.Option("--bound", help="Bound that the promise rests on.")]


@app.command(
    help=help_with_examples(
        "Run every method and baseline that the columns of a table allow: fitted on its train queries, settings "
        "chosen on its calibration queries, figures of its test queries with 95 % bootstrap intervals. Progress "
        "goes to standard error.",
        "upcall route eval --table outcomes.parquet",
        "upcall route eval --table outcomes.parquet --methods random,knn,bellman --budgets 2,5 --json > figures.json",
    ),
)
def evaluate_command(
    table: TableOption,
    methods: MethodsOption = "",
    budgets: BudgetsOption = "",
    seed: SeedOption = 0,
    resamples: ResamplesOption = 500,
    max_loss: LossOption = 0.05,
    delta: DeltaOption = 0.1,
    bound: BoundOption = Bound.BETTING,
    as_json_wanted: Annotated[bool, typer.Option("--json", help="Print all figures as one JSON object.")] = False,
) -> None:
    """Evaluate and print the figures."""
    options = options_of(
        methods=methods, budgets=budgets, seed=seed, resamples=resamples, most=max_loss, delta=delta, bound=bound
    )
    evaluation = evaluated(read_table(table), options)
    if as_json_wanted:
        write((json.dumps(as_json(evaluation), indent=2, allow_nan=False) + "\n").encode())
    else:
        print_evaluation(evaluation, Console(highlight=False))


def options_of(
    *, methods: str, budgets: str, seed: int, resamples: int, most: float, delta: float, bound: Bound
) -> Options:
    """The options of an evaluation, read from the command line.

    Raises:
        InputError: a budget is no number, or another value is out of range.
    """
    try:
        amounts = tuple(float(one) for one in budgets.split(",") if one.strip())
    except ValueError:
        raise InputError("--budgets holds what is no number.", allowed="numbers with commas between") from None
    names = tuple(one.strip() for one in methods.split(",") if one.strip())
    return Options(methods=names, budgets=amounts, seed=seed, resamples=resamples, most=most, delta=delta, bound=bound)


def evaluated(table: OutcomeTable, options: Options) -> Evaluation:
    """Evaluate, and tell of each method in a line on standard error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    return evaluate(
        table, options, on_method=lambda name, number, count: console.print(f"{number}/{count} {name}", style="dim")
    )


def print_evaluation(evaluation: Evaluation, console: Console) -> None:
    """Print the main figures as tables."""
    counts = ", ".join(f"{count} {name}" for name, count in evaluation.counts.items())
    console.print(f"{counts}; cost: {evaluation.about.get('cost_unit', 'not said')}", markup=False)
    tiers = Table("tier", "quality", "cost", title="Single tiers")
    for name, quality, cost in zip(evaluation.tiers, evaluation.tier_quality, evaluation.tier_cost, strict=True):
        tiers.add_row(name, str(quality), f"{cost.value:.4g}")
    console.print(tiers)
    share, promised = f"{evaluation.options.cloud_share:.0%}", f"loss ≤ {evaluation.options.most:g}"
    columns = (
        "method",
        "AUC",
        "above static",
        "sure",
        "APGR",
        f"calls for {share}",
        "quality kept",
        f"calls, {promised}",
    )
    listed = Table(*columns, title="Methods on the test queries")
    for own in evaluation.results:
        listed.add_row(
            own.name,
            str(own.figures.auc),
            str(own.figures.above_static),
            "bound" if own.is_bound else "yes" if own.beats_static else "no",
            str(own.figures.apgr),
            percent(own.cloud_quality.calls),
            percent(own.cloud_quality.cloud_share),
            percent(own.promise.test_calls),
        )
    console.print(listed)
    spent = Table("method", *(f"quality at {budget:g}" for budget in evaluation.options.budgets), title="Budgets")
    for own in evaluation.results:
        spent.add_row(own.name, *(f"{one.quality} for {one.cost.value:.4g}" for one in own.budgets))
    console.print(spent)
    for name, why in evaluation.left_out.items():
        console.print(f"left out: {name}: {why}", markup=False)
    if idle := [own.name for own in evaluation.results if not own.is_bound and not own.beats_static]:
        console.print(
            f"No better than single tiers as far as the calibration queries tell; do not use: {', '.join(idle)}",
            markup=False,
        )


def percent(own: Interval) -> str:
    """A figure and its bounds in per cent."""
    return f"{own.value:.1%} [{own.low:.1%}, {own.high:.1%}]"
