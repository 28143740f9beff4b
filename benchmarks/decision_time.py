"""How long the device takes to decide which tier to ask, by the open-loop and the closed-loop rule."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
from rich.console import Console

from benchmarks import results
from benchmarks.machine import OtherPrograms, describe
from benchmarks.results import Row, at_most
from upcall.edge_runtime.decision.tiers.closed_loop import ClosedLoop, revealing
from upcall.edge_runtime.decision.tiers.supermodel import Supermodels

TIERS = (2, 3, 5, 11)
MAX_MICROSECONDS = {3: 100.0}
_QUERIES = 20
_REPETITIONS = 25  # of each query
_DESCRIPTION = """Measure one decision among 2, 3, 5 and 11 tiers, before anything is answered, which is the longest.

Writes benchmarks/results/decision_time.json and RESULTS.md. Leave the machine alone meanwhile. Takes a few seconds."""
_EXAMPLES = """examples:
  python -m benchmarks.decision_time
  python -m benchmarks.decision_time --dry-run"""
_console = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> None:
    """Measure, write the results."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.decision_time",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=0, help="of the queries [0]")
    parser.add_argument("--dry-run", action="store_true", help="measure, show and write nothing")
    given = parser.parse_args()
    others = OtherPrograms()
    listed = [row for tiers in TIERS for row in rows(tiers, seed=given.seed)]
    note = "the less, the more the times above mean"
    listed.append(Row(figure="processor time of other programs", value=others.share(), unit="%", note=note))
    for row in listed:
        _console.print(f"{row.value:10,.4g} {row.unit:4} {row.figure}  {row.target or ''}  {row.note}", markup=False)
    if not given.dry_run:
        command = results.command_line("benchmarks.decision_time", sys.argv[1:])
        results.publish("decision_time", command=command, machine=describe(), rows=listed)


def rows(tiers: int, *, seed: int) -> Iterator[Row]:
    """Both rules on random queries: estimates of .3 to .9, deviations near .15 that share a part, prices of up to .15."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(tiers, tiers)) * 0.1 / np.sqrt(tiers)
    covariance = root @ root.T + 0.0125 * np.eye(tiers)
    queries = rng.uniform(0.3, 0.9, (_QUERIES, tiers)).tolist()
    prices = np.sort(rng.uniform(0.01, 0.15, tiers)).tolist()
    open_loop, closed_loop = Supermodels(covariance), ClosedLoop(revealing(covariance), tiers=tiers)
    rules: dict[str, Callable[[list[float]], object]] = {
        "open loop": lambda means: open_loop.choose(means, prices),
        "closed loop": lambda means: closed_loop.choose(means, prices),
    }
    for name, choose in rules.items():
        taken = measured(choose, queries)
        value = statistics.median(taken)
        bound = MAX_MICROSECONDS.get(tiers)
        target, holds = at_most(bound, value) if bound else (None, None)
        yield Row(
            figure=f"{name}, {tiers} tiers: one decision",
            value=value,
            unit="µs",
            target=target,
            holds=holds,
            note=f"median of {len(taken)}; fastest {min(taken):.0f}, slowest {max(taken):.0f}, 95 % within "
            f"{np.quantile(taken, 0.95):.0f}",
        )


def measured(choose: Callable[[list[float]], object], queries: list[list[float]]) -> list[float]:
    """Microseconds of each decision, the queries in turn; the first round warms up and is not counted."""
    taken = []
    for repetition in range(_REPETITIONS + 1):
        for means in queries:
            start = time.perf_counter_ns()
            choose(means)
            if repetition:
                taken.append((time.perf_counter_ns() - start) / 1e3)
    return taken


if __name__ == "__main__":
    main()
