"""What masking costs the cloud's answers, query by query: two outcome tables of one collection, one masked and one not."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks import results
from benchmarks.machine import describe
from benchmarks.results import Row
from upcall.edge_runtime.errors import InputError, UpcallError
from upcall.routing.evaluation.metrics import interval, resamples
from upcall.routing.tables.outcome_table import OutcomeTable
from upcall.routing.tables.parquet import read_table

_RESAMPLES = 1000
_DESCRIPTION = """Compare the last tier of two outcome tables on the queries that both hold: asked as they are, and masked.

Writes benchmarks/results/masked_routing.json and RESULTS.md. Takes seconds. The tables come from `upcall route collect`, one
with --allow for its cloud tier, one without."""
_EXAMPLES = """examples:
  python -m benchmarks.masked_routing --as-is outcomes.parquet --masked masked.parquet"""
_console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


def paired(as_is: OutcomeTable, masked: OutcomeTable) -> tuple[OutcomeTable, OutcomeTable]:
    """The queries that both tables hold, in the order of the second.

    Raises:
        InputError: there are none.
    """
    place = {query: row for row, query in enumerate(as_is.query_ids)}
    common = [row for row, query in enumerate(masked.query_ids) if query in place]
    if not common:
        raise InputError("The two tables have no query in common.", allowed="two collections of the same questions")
    kept = masked.select(np.array(common))
    return as_is.select(np.array([place[query] for query in kept.query_ids])), kept


def rows(as_is: OutcomeTable, masked: OutcomeTable, *, seed: int) -> Iterator[Row]:
    """Quality with masks and without, by task and in all, and what of the private words left."""
    plain, hidden = paired(as_is, masked)
    groups = [("all tasks", np.ones(len(plain), dtype=bool))]
    groups += [(task, plain.tasks == task) for task in np.unique(plain.tasks).tolist()]
    for name, chosen in groups:
        weights = resamples(int(chosen.sum()), count=_RESAMPLES, seed=seed)
        without, with_masks = (table.quality[chosen, -1] for table in (plain, hidden))
        yield _row(f"{name}: quality of the cloud, masked", with_masks, weights, peer=float(without.mean()))
        yield _row(f"{name}: quality lost by masking", without - with_masks, weights)
    known = hidden.private_tokens >= 0
    if known.any():
        weights = resamples(int(known.sum()), count=_RESAMPLES, seed=seed)
        private = hidden.private_tokens[known].astype(np.float64)
        left = private - hidden.detected_private_tokens[known]
        yield _row(
            "private words a query that leave, if all are sent masked", left, weights, peer=float(private.mean())
        )


def _row(figure: str, values: NDArray[np.float64], weights: NDArray[np.float64], *, peer: float | None = None) -> Row:
    found = interval(float(values.mean()), weights @ values)
    note = f"95 % [{found.low:.3f}, {found.high:.3f}], {len(values)} queries"
    return Row(
        figure=figure,
        value=found.value,
        unit="of 1" if "quality" in figure else "words",
        peer="as it is" if peer is not None else None,
        peer_value=peer,
        note=note,
    )


def main() -> None:
    """Compare, write the results."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.masked_routing",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--as-is", type=Path, required=True, help="table whose last tier was asked with --allow")
    parser.add_argument("--masked", type=Path, required=True, help="table whose last tier was asked without")
    parser.add_argument("--seed", type=int, default=0, help="of the resamples [0]")
    given = parser.parse_args()
    try:
        listed = list(rows(read_table(given.as_is), read_table(given.masked), seed=given.seed))
    except UpcallError as error:
        sys.exit(f"Error: {error}")
    for row in listed:
        _console.print(f"{row.value:8.3f} {row.figure}  {row.note}")
    command = results.command_line("benchmarks.masked_routing", sys.argv[1:])
    results.publish("masked_routing", command=command, machine=describe(), rows=listed)


if __name__ == "__main__":
    main()
