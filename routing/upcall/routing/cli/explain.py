"""``upcall route explain``: why one query went where it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.cli.output import write
from upcall.edge_runtime.errors import InputError
from upcall.routing.bases.method import Method
from upcall.routing.evaluation.registry import entries
from upcall.routing.tables.outcome_table import OutcomeTable, Split
from upcall.routing.tables.parquet import read_table

app = command_app()


@app.command(
    help=help_with_examples(
        "Fit a method on a table's train and calibration queries and say, for one query, what was looked at at "
        "each step, what each action was worth, and what came of it. No word of the prompt is shown unless it is "
        "asked for.",
        "upcall route explain --table outcomes.parquet --query sst2-1775",
        "upcall route explain --table outcomes.parquet --query sst2-1775 --method cascade_routing --budget 0.4 --json",
    ),
)
def explain_command(
    table: Annotated[Path, typer.Option("--table", metavar="FILE", help="Parquet file of outcomes.")],
    query: Annotated[str, typer.Option("--query", metavar="ID", help="The query's id in the table.")],
    method: Annotated[str, typer.Option("--method", metavar="NAME", help="As of `upcall route eval`.")] = "bellman",
    budget: Annotated[
        float | None,
        typer.Option(
            "--budget",
            help="Mean cost a query: of the method's settings the dearest that keeps to it on the calibration queries. "
            "[default: halfway between the cheapest and the dearest tier]",
        ),
    ] = None,
    setting: Annotated[float | None, typer.Option("--setting", help="The method's knob itself, such as λ.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same method.")] = 0,
    show_prompt: Annotated[bool, typer.Option("--show-prompt", help="Show the prompt and the answer too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fit and explain."""
    if budget is not None and setting is not None:
        raise InputError("--budget and --setting were given together.", allowed="one of them")
    (entry,) = entries([method])
    outcomes = read_table(table)
    if query not in outcomes.query_ids:
        raise InputError(f"The table has no query '{query[:80]}'.", allowed=f"such as {outcomes.query_ids[0]}")
    if lack := entry.lacks(outcomes):
        raise InputError(f"The method {method} cannot be fitted: {lack}.", next_step="name another with --method")
    train, calibration = (outcomes.split(own, least=1) for own in (Split.TRAIN, Split.CALIBRATION))
    made = entry.make()
    made.fit(train, calibration, seed=seed)
    if setting is None:
        setting = _setting_for(made, calibration, budget)
    row = outcomes.query_ids.index(query)
    said = made.explain(outcomes, row, setting)
    place = outcomes.tiers.index(said.chosen)
    told: dict[str, object] = {
        "query": query,
        "task": str(outcomes.tasks[row]),
        "split": str(outcomes.splits[row]),
        "method": method,
        "setting": setting,
        "steps": list(said.steps),
        "asked": list(said.asked),
        "chosen": said.chosen,
        "quality": float(outcomes.quality[row, place]),
        "cost": float(sum(outcomes.cost[row, outcomes.tiers.index(tier)] for tier in said.asked)),
    }
    if show_prompt:
        told |= {"prompt": outcomes.prompts[row], "answer": outcomes.answers[row, place]}
    if as_json:
        write((json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode())
        return
    console = Console(highlight=False, soft_wrap=True, markup=False)
    console.print(f"query      {query} ({told['task']}, {told['split']})\nmethod     {method} at {setting:.4g}")
    for number, step in enumerate(said.steps, 1):
        console.print(f"step {number:<6}{step}")
    console.print(f"asked      {', '.join(said.asked)}; cost {told['cost']:.4g}")
    console.print(f"answer     of {said.chosen}, whose quality was {told['quality']:g} (the method does not know it)")
    if show_prompt:
        console.print(f"prompt     {told['prompt']}\nanswered   {told['answer']}")


def _setting_for(method: Method, calibration: OutcomeTable, budget: float | None) -> float:
    """The dearest setting whose mean cost on the calibration queries is within a budget.

    Raises:
        InputError: none is.
    """
    means = calibration.cost.mean(axis=0)
    wanted = float(means.min() + means.max()) / 2 if budget is None else budget
    settings = method.settings()
    spends = np.array([method.decide(calibration, float(own)).cost(calibration).mean() for own in settings])
    within = np.flatnonzero(spends <= wanted + 1e-12)
    if not within.size:
        raise InputError(
            f"The budget {wanted:g} a query is below what {method.name} spends at least.",
            allowed=f"{spends.min():.4g} or more",
        )
    return float(settings[within[np.argmax(spends[within])]])
