"""An evaluation as one self-contained HTML page, its plots as PNG beside it."""

from __future__ import annotations

import base64
import html
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from upcall.routing.evaluation import plots
from upcall.routing.evaluation.evaluate import Evaluation
from upcall.routing.evaluation.guarantee import Resampled
from upcall.routing.evaluation.json_values import as_json
from upcall.routing.evaluation.metrics import Interval, share_interval
from upcall.routing.output import made_folder, unwritable

PAGE = "report.html"
FIGURES = "figures.json"
_STYLE = """body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;
color:#1a1a1a;background:#fff}
table{border-collapse:collapse;margin:.6rem 0 1.6rem;font-size:13px;display:block;overflow-x:auto}
th,td{padding:.25rem .6rem;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}img{max-width:100%}.note{color:#555;font-size:13px}"""

Rows = Sequence[Sequence[str]]


def write_report(evaluation: Evaluation, folder: Path, *, command: str, title: str = "Routing") -> Path:
    """Write ``report.html``, the plots and ``figures.json`` into a folder, made where it is missing; gives the page's path.

    Args:
        evaluation: to show.
        folder: files of these names in it are replaced.
        command: by which it can be made again.
        title: of the page.

    Raises:
        OutputError: the folder cannot be written.
    """
    drawn = {
        "quality_cost.png": plots.quality_against(evaluation, calls=False),
        "quality_calls.png": plots.quality_against(evaluation, calls=True),
        "above_static.png": plots.areas(evaluation),
        "calibration.png": plots.calibration(evaluation),
        "leakage.png": plots.leakage(evaluation),
    }
    images = {name: data for name, data in drawn.items() if data is not None}
    text = page(evaluation, images, command=command, title=title)
    told = json.dumps(as_json(evaluation), indent=1, allow_nan=False) + "\n"
    with unwritable(made_folder(folder)):
        for name, data in images.items():
            (folder / name).write_bytes(data)
        (folder / FIGURES).write_text(told, encoding="utf-8")
        (folder / PAGE).write_text(text, encoding="utf-8")
    return folder / PAGE


def page(evaluation: Evaluation, images: dict[str, bytes], *, command: str, title: str) -> str:
    """The HTML of an evaluation and its plots by file name. It loads nothing and runs no script."""
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in evaluation.counts.items())
    options = evaluation.options
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        _note(f"Made by: {command}"),
        _note(
            f"Queries: {counts}. Seed {options.seed}, {options.resamples} resamples; intervals are 95 %, over the test queries."
        ),
        *(_note(f"{name}: {text}") for name, text in evaluation.about.items()),
        "<h2>Single tiers</h2>",
        _table(("tier", "quality", "cost"), tier_rows(evaluation)),
        "<h2>Methods</h2>",
        _note(
            "Area: mean quality over all spends between the cheapest and the dearest tier. Above static: minus the area of "
            "single tiers mixed at random. Sure: that was above 0 with 95 % confidence on calibration queries that the method "
            "had not seen; if not, do not use it. APGR and CPT are over calls; with more than two tiers, over the share "
            "that was spent of a call to the cloud for every query."
        ),
        _table(METHOD_COLUMNS, method_rows(evaluation)),
        *_left_out(evaluation),
        _image(images, "above_static.png", "area above single tiers"),
        "<h2>Quality against cost and calls</h2>",
        _image(images, "quality_cost.png", "quality over cost"),
        _image(images, "quality_calls.png", "quality over calls"),
        "<h2>At a budget</h2>",
        _table(("method", *(f"quality at {one:g}" for one in options.budgets)), budget_rows(evaluation)),
        f"<h2>{options.cloud_share:.0%} of the cloud's quality</h2>",
        _note("The setting of fewest calls that had it on calibration queries, on the test queries."),
        _table(("method", "calls", "quality over the cloud's", "cost"), kept_rows(evaluation)),
        "<h2>Against the cloud</h2>",
        _table(loss_columns(evaluation), loss_rows(evaluation)),
        "<h2>Guarantee</h2>",
        _note(
            f"Mean loss of at most {options.most:g} with probability {1 - options.delta:g} ({options.bound}), beside the rule "
            "that takes the cheapest setting whose loss was small enough in the sample. Broken: share of "
            f"{options.promise_resamples} calibration sets drawn from all queries that were not trained on."
        ),
        _table(PROMISE_COLUMNS, promise_rows(evaluation)),
        "<h2>Calibration</h2>",
        _table(("method", "AUROC of a right answer", "ECE", "Brier"), signal_rows(evaluation)),
        _image(images, "calibration.png", "reliability"),
    ]
    if leaking := leak_rows(evaluation):
        parts += [
            "<h2>Private words that leave</h2>",
            _note("At the setting of most calls. Quality under mask is that of prompts as they are."),
            _table(("method", "policy", "quality", "calls", "private tokens a query", "safe calls"), leaking),
            _image(images, "leakage.png", "quality over leakage"),
        ]
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n' + "\n".join(parts) + "\n</body></html>\n"


def _note(text: str) -> str:
    return f'<p class="note">{html.escape(text)}</p>'


def _image(images: dict[str, bytes], name: str, text: str) -> str:
    if name not in images:
        return _note("Nothing to draw.")
    data = base64.b64encode(images[name]).decode()
    return f'<img alt="{html.escape(text)}" src="data:image/png;base64,{data}">'


def _table(columns: Sequence[str], rows: Rows) -> str:
    def line(cells: Iterable[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return "<table>" + "\n".join([line(columns, "th"), *(line(row, "td") for row in rows)]) + "</table>"


def _left_out(evaluation: Evaluation) -> list[str]:
    return [_note(f"Left out: {name}: {why}") for name, why in evaluation.left_out.items()]


METHOD_COLUMNS = ("method", "area", "above static", "sure", "APGR", "CPT 50 %", "CPT 80 %")
PROMISE_COLUMNS = ("method", "calls", "loss on test", "broken", "kept", "in sample: loss on test", "broken", "kept")


def tier_rows(evaluation: Evaluation) -> Rows:
    """A row for each tier: name, quality and cost."""
    found = zip(evaluation.tiers, evaluation.tier_quality, evaluation.tier_cost, strict=True)
    return [[name, told(quality), told(cost, digits=4)] for name, quality, cost in found]


def method_rows(evaluation: Evaluation) -> Rows:
    """A row for each method under ``METHOD_COLUMNS``, the best first."""
    ranked = sorted(evaluation.results, key=lambda own: -own.figures.auc.value)
    return [
        [
            own.name,
            told(own.figures.auc),
            told(own.figures.above_static),
            "bound" if own.is_bound else "yes" if own.beats_static else "no",
            told(own.figures.apgr),
            *(told(one) for one in own.figures.cpt.values()),
        ]
        for own in ranked
    ]


def budget_rows(evaluation: Evaluation) -> Rows:
    """A row for each method: name, and quality and spend at each budget."""
    return [
        [own.name, *(f"{told(one.quality)} for {one.cost.value:.4g}" for one in own.budgets)]
        for own in evaluation.results
    ]


def kept_rows(evaluation: Evaluation) -> Rows:
    """A row for each method: name, calls, share of the cloud's quality, cost."""
    points = [(own.name, own.cloud_quality) for own in evaluation.results]
    return [[name, told(one.calls), told(one.cloud_share), told(one.cost, digits=4)] for name, one in points]


def loss_columns(evaluation: Evaluation) -> tuple[str, ...]:
    """The names of the columns of ``loss_rows``."""
    if not evaluation.results:
        return ("method",)
    first = evaluation.results[0].figures
    return (
        "method",
        *(f"% lost, {share} on the device" for share in first.drop),
        *(f"calls saved at {drop} lost" for drop in first.saved),
    )


def loss_rows(evaluation: Evaluation) -> Rows:
    """A row for each method: Hybrid LLM's figures."""
    return [
        [
            own.name,
            *(told(one, digits=2) for one in own.figures.drop.values()),
            *(told(one) for one in own.figures.saved.values()),
        ]
        for own in evaluation.results
    ]


def promise_rows(evaluation: Evaluation) -> Rows:
    """A row for each method under ``PROMISE_COLUMNS``."""
    return [
        [
            name,
            told(one.test_calls),
            told(one.test_loss),
            broken(one.resampled),
            f"{one.resampled.kept:.3f}",
            told(one.in_sample_loss),
            broken(one.in_sample_resampled),
            f"{one.in_sample_resampled.kept:.3f}",
        ]
        for name, one in ((own.name, own.promise) for own in evaluation.results if not own.is_bound)
    ]


def signal_rows(evaluation: Evaluation) -> Rows:
    """A row for each score: of the estimates that methods share, on all tasks and on each, and of scores of their own."""
    rows, device = [], evaluation.device
    if device is not None:
        for name, one in (("estimate before an answer", device.before), ("estimate after the answer", device.after)):
            rows.append([name, told(one.auroc), told(one.ece), told(one.brier)])
        for task, both in device.by_task.items() if len(device.by_task) > 1 else ():
            rows.append([f"… {task}, before and after", " and ".join(told(one) for one in both), "", ""])
    found = [(own.name, own.signal) for own in evaluation.results if own.signal is not None]
    return [*rows, *([name, told(one.auroc), told(one.ece), told(one.brier)] for name, one in found)]


def leak_rows(evaluation: Evaluation) -> Rows:
    """A row for each method and policy, at the setting of most calls."""
    rows = []
    for own in evaluation.results:
        for policy in dict.fromkeys(one.policy for one in own.leaks):
            most = max((one for one in own.leaks if one.policy is policy), key=lambda one: one.calls.value)
            figures = (most.quality, most.calls, most.tokens, most.safe_calls)
            rows.append([own.name, policy, *map(told, figures)])
    return rows


def broken(own: Resampled) -> str:
    """The share of promises broken, and its bounds."""
    return told(share_interval(own.violations, own.count))


def told(own: Interval, *, digits: int = 3) -> str:
    """A figure and its bounds as text; a dash where it is unknown."""
    if math.isnan(own.value):
        return "–"
    if math.isnan(own.low):
        return f"{own.value:.{digits}f}"
    return f"{own.value:.{digits}f} [{own.low:.{digits}f}, {own.high:.{digits}f}]"
