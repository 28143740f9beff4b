"""``upcall route import``: outcomes that others recorded."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.errors import InputError
from upcall.routing.cli.pairs import named_numbers
from upcall.routing.datasets.routellm import PAIR_COSTS, read_gsm8k, read_mmlu
from upcall.routing.output import check_file, unwritable
from upcall.routing.tables.outcome_table import OutcomeTable, Split
from upcall.routing.tables.parquet import write_table
from upcall.routing.tables.splits import SHARES
from upcall.routing.tables.wide_csv import read_wide_csv

app = command_app(
    no_args_is_help=True,
    help=help_with_examples(
        "Make an outcome table of outcomes that were recorded elsewhere.",
        "upcall route import csv outcomes.csv --out outcomes.parquet",
        "upcall route import routellm-gsm8k --data DATA --out gsm8k.parquet",
    ),
)

OutOption = Annotated[Path, typer.Option("--out", metavar="FILE", help="Parquet file to write.")]
DataOption = Annotated[
    Path, typer.Option("--data", metavar="FOLDER", envvar="UPCALL_DATA", help="Holds routing/routellm and tasks/gsm8k.")
]
CostOption = Annotated[
    list[str] | None,
    typer.Option("--cost", metavar="TIER=NUMBER", help="Cost of each answer of a tier. May be repeated."),
]
SharesOption = Annotated[
    tuple[float, float, float], typer.Option("--shares", help="Shares of train, calibration and test; they sum to 1.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Same seed, same splits.")]


@app.command(
    "csv",
    help=help_with_examples(
        "A CSV file with one row a query. Its header names quality.TIER (0 to 1) and cost.TIER of each tier, the "
        "device first; if known also query_id, task, prompt, split (train, calibration or test), private_tokens, "
        "detected_private_tokens, answer.TIER, and feature.NAME of the device, such as feature.post.mean_log_prob.",
        "upcall route import csv outcomes.csv --out outcomes.parquet",
        "upcall route import csv scores.csv --cost small=0.2 --cost large=10 --cost-unit 'cents a query' --out "
        "o.parquet",
    ),
)
def csv_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="UTF-8, a header first.")],
    out: OutOption,
    cost: CostOption = None,
    cost_unit: Annotated[str, typer.Option("--cost-unit", help="Unit of the costs, written into the table.")] = "",
    shares: SharesOption = SHARES,
    seed: SeedOption = 0,
) -> None:
    """Import a wide CSV file."""
    check_file(out)
    _write(read_wide_csv(file, costs=_costs(cost), cost_unit=cost_unit, shares=shares, seed=seed), out)


@app.command(
    "routellm-gsm8k",
    help=help_with_examples(
        "RouteLLM's GSM8K outcomes of Mixtral-8x7B and GPT-4, joined with GSM8K's four example systems: six tiers "
        "on 1,319 questions. Costs of the six are assumed, each twice the one before in order of quality; --pair "
        "takes the two of RouteLLM at the prices that its paper gives; --cost names tiers and costs of your own.",
        "upcall route import routellm-gsm8k --data DATA --out gsm8k.parquet",
        "upcall route import routellm-gsm8k --data DATA --pair --out pair.parquet",
    ),
)
def gsm8k_command(
    data: DataOption,
    out: OutOption,
    pair: Annotated[bool, typer.Option("--pair", help="Only Mixtral-8x7B and GPT-4.")] = False,
    cost: CostOption = None,
    shares: SharesOption = SHARES,
    seed: SeedOption = 0,
) -> None:
    """Import RouteLLM's GSM8K."""
    check_file(out)
    if pair and cost:
        raise InputError("--pair and --cost were given together.", allowed="one of them")
    _write(read_gsm8k(data, costs=PAIR_COSTS if pair else _costs(cost), shares=shares, seed=seed), out)


@app.command(
    "routellm-mmlu",
    help=help_with_examples(
        "RouteLLM's MMLU outcomes of Mixtral-8x7B and GPT-4 on 14,042 questions, at the prices that its paper "
        "gives or by --cost.",
        "upcall route import routellm-mmlu --data DATA --out mmlu.parquet",
    ),
)
def mmlu_command(
    data: DataOption, out: OutOption, cost: CostOption = None, shares: SharesOption = SHARES, seed: SeedOption = 0
) -> None:
    """Import RouteLLM's MMLU."""
    check_file(out)
    _write(read_mmlu(data, costs=_costs(cost), shares=shares, seed=seed), out)


def _costs(given: list[str] | None) -> dict[str, float] | None:
    return named_numbers(given, option="--cost") or None


def _write(table: OutcomeTable, out: Path) -> None:
    with unwritable(out):
        write_table(table, out)
    counts = Counter(table.splits.tolist())
    told = ", ".join(f"{counts[own]} {own}" for own in Split)
    means = ", ".join(f"{name} {own:.3f}" for name, own in zip(table.tiers, table.quality.mean(axis=0), strict=True))
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    console.print(f"{len(table)} queries ({told}); mean quality: {means}; cost: {table.about['cost_unit']}")
