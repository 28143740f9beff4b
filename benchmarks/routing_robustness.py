"""What routers can be made to do: the task's name for a signal, words behind a prompt, poisoned labels."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from benchmarks import results
from benchmarks.machine import describe
from benchmarks.results import Row
from benchmarks.router_attacks import all_figures
from benchmarks.routing import portable, tables_of
from upcall.edge_runtime.errors import InputError, UpcallError

_DESCRIPTION = """Measure attacks on routers, on the test queries of outcome tables: whether a router knows more than the task,
what a suffix of five words turns, and what poisoned training labels cost with and without the guarantee.

Writes benchmarks/results/routing_robustness.json and RESULTS.md."""
_EXAMPLES = """examples:
  python -m benchmarks.routing_robustness --table ours=outcomes.parquet
  python -m benchmarks.routing_robustness --table ours=outcomes.parquet --seed 1 --dry-run"""
_UNITS = {"suffix": "of queries"}
_console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


def main() -> None:
    """Measure, write the results."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.routing_robustness",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--table", action="append", default=[], metavar="NAME=PATH", help="outcome table; may be repeated"
    )
    parser.add_argument("--data", type=Path, help="folder that holds RouteLLM's sets; they are left out without it")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same figures [0]")
    parser.add_argument("--dry-run", action="store_true", help="measure, show and write nothing")
    try:
        _run(parser.parse_args())
    except UpcallError as error:
        sys.exit(str(error))


def _run(given: argparse.Namespace) -> None:
    if not given.table and given.data is None:
        raise InputError("No table was given.", next_step="name one with --table NAME=PATH, or RouteLLM's with --data")
    rows = []
    for name, table in tables_of(given.data, given.table, seed=given.seed):
        for attack, own in all_figures(table, seed=given.seed):
            unit = "AUROC" if "AUROC" in own.name else _UNITS.get(attack, "quality")
            told = f"95 %: {own.value.low:.3f} to {own.value.high:.3f}"
            rows.append(
                Row(
                    figure=f"{name}, {attack}: {own.name}",
                    value=own.value.value,
                    unit=unit,
                    note=f"{told}; {own.note}" if own.note else told,
                )
            )
            _console.print(f"{own.value}  {rows[-1].figure}  {own.note}")
    if not given.dry_run:
        command = results.command_line("benchmarks.routing_robustness", [portable(word) for word in sys.argv[1:]])
        results.publish("routing_robustness", command=command, machine=describe(), rows=rows)


if __name__ == "__main__":
    main()
