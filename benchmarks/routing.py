"""Every router and baseline on recorded outcomes: RouteLLM's GSM8K and MMLU, and tables of one's own collection."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import results
from benchmarks.machine import describe
from benchmarks.results import Row
from upcall.edge_runtime.errors import InputError, UpcallError
from upcall.routing.datasets.routellm import PAIR_COSTS, read_gsm8k, read_mmlu
from upcall.routing.evaluation import report
from upcall.routing.evaluation.device_estimates import DeviceEstimates
from upcall.routing.evaluation.evaluate import Evaluation, MethodResult, Options, evaluate
from upcall.routing.evaluation.metrics import Interval
from upcall.routing.tables.outcome_table import OutcomeTable
from upcall.routing.tables.parquet import read_table

PAGE = Path(__file__).parents[1] / "docs" / "results" / "routing.md"
BEGIN, END = "<!-- tables: written by python -m benchmarks.routing; do not edit -->", "<!-- end of tables -->"
MOST_CALLS = 0.6
"""Of queries, at which a table of the device's own model should keep 95 % of the cloud's quality."""
LEAST_AUROC = 0.9
"""Of "the device's answer is right", on such a table."""
CLOSED_LOOP = "bellman"
_DESCRIPTION = """Run every method that is in this version on RouteLLM's recorded GSM8K (the pair; six systems with GSM8K's
example solutions) and MMLU, and on outcome tables that are given. Fitted on train, settings chosen on calibration, figures of
test, with bootstrap intervals.

Writes benchmarks/results/routing.json, RESULTS.md and the tables of docs/results/routing.md. About 10 minutes on 2 cores with
RouteLLM's sets. Nothing is downloaded."""
_console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


def tables_of(data: Path | None, given: Sequence[str], *, seed: int) -> Iterator[tuple[str, OutcomeTable]]:
    """The tables NAME=PATH, of three tiers and more the first and last, too; then RouteLLM's sets where their folder is given.

    Raises:
        InputError: one is of another form or cannot be read.
    """
    for one in given:
        name, equals, path = one.partition("=")
        if not equals or not name or not path:
            raise InputError("--table is not of the form NAME=PATH.", allowed="such as ours=outcomes.parquet")
        table = read_table(Path(path))
        yield name, table
        last = len(table.tiers) - 1
        if last > 1:
            yield f"{name}, {table.tiers[0]} and {table.tiers[last]}", table.with_tiers([0, last])
    if data is not None:
        yield "GSM8K, Mixtral and GPT-4", read_gsm8k(data, costs=PAIR_COSTS, seed=seed)
        yield "GSM8K, six systems", read_gsm8k(data, seed=seed)
        yield "MMLU, Mixtral and GPT-4", read_mmlu(data, seed=seed)


def portable(word: str) -> str:
    """A word of the command line, the path of NAME=PATH made portable; the others are left to ``results.command_line``."""
    name, equals, path = word.partition("=")
    return f"{name}={results.portable(Path(path))}" if equals and "/" in path else word


def rows_of(name: str, evaluation: Evaluation) -> Iterator[Row]:
    """All figures of one table that RESULTS.md shows."""
    is_own = "recipe" in evaluation.about
    yield Row(
        figure=f"{name}: area of single tiers",
        value=evaluation.static_area.value,
        unit="quality",
        note=_note(evaluation),
    )
    if evaluation.device is not None:
        yield from _of_device(name, evaluation.device, is_own=is_own)
    for own in evaluation.results:
        figures = own.figures
        judged = (
            ""
            if own.is_bound
            else "; sure on calibration"
            if own.beats_static
            else "; not sure on calibration: do not use"
        )
        yield Row(
            figure=f"{name}: area of {own.name}",
            value=figures.auc.value,
            unit="quality",
            note=f"{bounds(figures.auc)}; above single tiers by {report.told(figures.above_static)}{judged}",
        )
        if figures.apgr.value == figures.apgr.value:
            cpt = ", ".join(f"{share}: {report.told(one)}" for share, one in figures.cpt.items())
            yield Row(
                figure=f"{name}: APGR of {own.name}",
                value=figures.apgr.value,
                unit="of the gap",
                note=f"{bounds(figures.apgr)}; CPT {cpt}",
            )
        if not own.is_bound:
            yield from _of_method(name, own, evaluation.options, is_own=is_own)
    yield from _closed_loop(name, evaluation)


def _of_device(name: str, device: DeviceEstimates, *, is_own: bool) -> Iterator[Row]:
    for stage, own in (("before it", device.before), ("after it", device.after)):
        is_aimed = is_own and stage == "after it"
        yield Row(
            figure=f"{name}: AUROC of a right answer of the device, {stage}",
            value=own.auroc.value,
            unit="AUROC",
            target=f"≥ {LEAST_AUROC:g}" if is_aimed else None,
            holds=own.auroc.value >= LEAST_AUROC if is_aimed else None,
            note=f"{bounds(own.auroc)}; ECE {report.told(own.ece)}, Brier {report.told(own.brier)}",
        )


def _of_method(name: str, own: MethodResult, options: Options, *, is_own: bool) -> Iterator[Row]:
    kept, promised = own.cloud_quality, own.promise
    met = kept.calls.value <= MOST_CALLS and kept.cloud_share.value >= options.cloud_share
    yield Row(
        figure=f"{name}: calls of {own.name} for {options.cloud_share:.0%} of the cloud's quality",
        value=100 * kept.calls.value,
        unit="%",
        target=f"≤ {MOST_CALLS:.0%} at that quality on test" if is_own and not own.is_baseline else None,
        holds=met if is_own and not own.is_baseline else None,
        note=f"calls {report.told(kept.calls)}, share of the cloud's quality {report.told(kept.cloud_share)}",
    )
    yield Row(
        figure=f"{name}: promises of {own.name} broken (loss ≤ {options.most:g})",
        value=100 * promised.resampled.violations,
        unit="%",
        target=f"≤ {options.delta:.0%}",
        holds=promised.resampled.violations <= options.delta,
        peer="Hybrid LLM's rule in sample",
        peer_value=100 * promised.in_sample_resampled.violations,
        note=f"{report.broken(promised.resampled)} of {options.promise_resamples} resamples; kept on the device "
        f"{promised.resampled.kept:.1%}, in sample "
        f"{promised.in_sample_resampled.kept:.1%}",
    )
    if own.signal is not None:
        auroc = own.signal.auroc
        figure = f"{name}: AUROC of a right answer by {own.name}"
        yield Row(figure=figure, value=auroc.value, unit="AUROC", note=bounds(auroc))


def _closed_loop(name: str, evaluation: Evaluation) -> Iterator[Row]:
    run = [own.name for own in evaluation.results if not own.is_bound and own.name != "multi_objective"]
    for theirs in run if CLOSED_LOOP in run else ():
        if theirs in (CLOSED_LOOP, "always_each", "best_single"):
            continue
        found = evaluation.difference(CLOSED_LOOP, theirs)
        yield Row(
            figure=f"{name}: area of {CLOSED_LOOP} minus that of {theirs}",
            value=found.value,
            unit="quality",
            target="≥ 0",
            holds=found.value >= 0,
            note=f"{bounds(found)}; {'sure' if found.low > 0 else 'not sure'}",
        )


def _note(evaluation: Evaluation) -> str:
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in evaluation.counts.items())
    return f"{bounds(evaluation.static_area)}; queries: {counts}; cost: {evaluation.about.get('cost_unit', 'not said')}"


def bounds(own: Interval) -> str:
    """The 95 % interval alone."""
    return f"95 % [{own.low:.3f}, {own.high:.3f}]"


def page_tables(evaluations: Mapping[str, Evaluation], *, command: str) -> str:
    """The Markdown between the page's markers."""
    parts = [f"```\n{command}\n```"]
    for name, own in evaluations.items():
        options = own.options
        counts = ", ".join(f"{count} {split.replace('_', ' ')}" for split, count in own.counts.items())
        parts += [
            f"### {name}",
            f"{counts}; seed {options.seed}, {options.resamples} resamples. Cost: {own.about.get('cost_unit', 'not said')}.",
            _markdown(("tier", "quality", "cost"), report.tier_rows(own)),
            _markdown(report.METHOD_COLUMNS, report.method_rows(own)),
            f"Calls for {options.cloud_share:.0%} of the cloud's quality, chosen on calibration:",
            _markdown(("method", "calls", "quality over the cloud's", "cost"), report.kept_rows(own)),
            "Loss against the cloud:",
            _markdown(report.loss_columns(own), report.loss_rows(own)),
            f"Mean loss ≤ {options.most:g} with probability {1 - options.delta:g} ({options.bound}), over "
            f"{options.promise_resamples} resamples:",
            _markdown(report.PROMISE_COLUMNS, report.promise_rows(own)),
        ]
        if signals := report.signal_rows(own):
            parts.append(_markdown(("score", "AUROC of a right answer", "ECE", "Brier"), signals))
        if leaking := report.leak_rows(own):
            columns = ("method", "policy", "quality", "calls", "private tokens a query", "safe calls")
            parts.append(_markdown(columns, leaking))
        if own.left_out:
            parts.append("Left out: " + "; ".join(f"{method}: {why}" for method, why in own.left_out.items()) + ".")
    return "\n\n".join(parts)


def _markdown(columns: Sequence[str], rows: report.Rows) -> str:
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def with_tables(text: str, tables: str) -> str:
    """A page with other tables between its markers.

    Raises:
        InputError: the page has not the two markers, once each.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise InputError(f"{PAGE.name} has no place for tables.", allowed=f"the lines {BEGIN} and {END}")
    marked = re.compile(re.escape(BEGIN) + ".*" + re.escape(END), re.DOTALL)
    return marked.sub(lambda _: f"{BEGIN}\n\n{tables}\n\n{END}", text)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.routing",
        description=_DESCRIPTION,
        epilog="examples:\n  python -m benchmarks.routing --data data\n"
        "  python -m benchmarks.routing --data data --table ours=outcomes.parquet --reports reports",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, help="folder that holds routing/routellm and tasks/gsm8k")
    parser.add_argument(
        "--table", action="append", default=[], metavar="NAME=PATH", help="an outcome table; may be repeated"
    )
    parser.add_argument("--methods", default="", help="with commas between; all by default")
    parser.add_argument("--seed", type=int, default=0, help="of splits, training and resampling")
    parser.add_argument("--resamples", type=int, default=1000, help="bootstrap resamples")
    parser.add_argument("--reports", type=Path, help="folder for an HTML report of each table")
    given = parser.parse_args(arguments)
    words = sys.argv[1:] if arguments is None else list(arguments)
    command = results.command_line("benchmarks.routing", [portable(word) for word in words])
    names = tuple(one.strip() for one in given.methods.split(",") if one.strip())
    evaluations: dict[str, Evaluation] = {}
    try:
        options = Options(methods=names, seed=given.seed, resamples=given.resamples)
        with_tables(PAGE.read_text(encoding="utf-8"), "")
        for name, table in tables_of(given.data, given.table, seed=given.seed):
            evaluations[name] = _evaluated(name, table, options)
            if given.reports is not None:
                report.write_report(evaluations[name], given.reports / _slug(name), command=command, title=name)
            _write(evaluations, command)  # after each table: what was measured stays if the next one is interrupted
        if not evaluations:
            raise InputError("No table was given.", allowed="--data, --table or both")
    except UpcallError as error:
        sys.exit(f"Error: {error}")


def _write(evaluations: Mapping[str, Evaluation], command: str) -> None:
    rows = [row for name, own in evaluations.items() for row in rows_of(name, own)]
    results.publish("routing", command=command, machine=describe(), rows=rows)
    page = with_tables(PAGE.read_text(encoding="utf-8"), page_tables(evaluations, command=command))
    PAGE.write_text(page, encoding="utf-8")


def _evaluated(name: str, table: OutcomeTable, options: Options) -> Evaluation:
    _console.print(f"{name}: {len(table)} queries, {len(table.tiers)} tiers")
    return evaluate(table, options, on_method=lambda own, number, count: _console.print(f"  {number}/{count} {own}"))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


if __name__ == "__main__":
    main()
