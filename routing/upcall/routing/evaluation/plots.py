"""Plots of an evaluation as PNG, drawn without a screen."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from upcall.edge_runtime.errors import require
from upcall.routing.evaluation.evaluate import Evaluation, MethodResult
from upcall.routing.evaluation.leakage import policies

_SIZE = (7.2, 4.6)
_DPI = 110
_COLORS = 20


def quality_against(evaluation: Evaluation, *, calls: bool) -> bytes:
    """Quality over mean cost, or over the share of queries that leave the device; the band is a 95 % interval of quality.

    Only the method of the largest area has a band: more would hide each other. Single tiers are points, their hull is dashed.
    """
    figure, axes = _figure()
    column = 1 if calls else 0
    best = max(_routers(evaluation), key=lambda own: own.figures.auc.value, default=None)
    colors = require("matplotlib", extra="routing").colormaps[f"tab{_COLORS}"].colors
    for number, own in enumerate(_routers(evaluation)):
        order = np.argsort(own.points[:, column], kind="stable")
        style = "--" if own.is_baseline else "-"
        color = colors[number % _COLORS]
        axes.plot(own.points[order, column], own.points[order, 2], style, label=own.name, color=color, linewidth=1.3)
        if own is best:
            axes.fill_between(own.points[order, column], *own.bands[order].T, color=color, alpha=0.12, linewidth=0)
    quality = np.array([one.value for one in evaluation.tier_quality])
    cost = np.array([one.value for one in evaluation.tier_cost])
    places = [0, evaluation.judged.cloud] if calls else list(evaluation.judged.hull)
    xs = np.array([0.0, 1.0]) if calls else cost[places]
    axes.plot(xs, quality[places], ":", color="black", label="single tiers, mixed", linewidth=1.3)
    axes.plot(xs if calls else cost, quality[places] if calls else quality, "o", color="black", markersize=4)
    for own in evaluation.results:
        if own.is_bound:
            order = np.argsort(own.points[:, column], kind="stable")
            axes.plot(own.points[order, column], own.points[order, 2], "-.", color="grey", label=own.name, linewidth=1)
    axes.set_xlabel("share of queries that leave the device" if calls else f"cost a query ({_unit(evaluation)})")
    axes.set_ylabel("mean quality")
    return _png(figure, axes)


def calibration(evaluation: Evaluation) -> bytes | None:
    """Reliability of the methods whose score is a probability; None where there is none."""
    shown = [(own.name, own.signal) for own in evaluation.results if own.signal is not None and own.signal.bins]
    if evaluation.device is not None:
        shown += [("before an answer", evaluation.device.before), ("after the answer", evaluation.device.after)]
    if not shown:
        return None
    figure, axes = _figure()
    axes.plot([0, 1], [0, 1], ":", color="black", label="honest")
    for name, signal in shown:
        assert signal.bins is not None
        axes.plot(
            signal.bins.predicted, signal.bins.observed, "o-", label=f"{name}, ECE {signal.ece.value:.3f}", markersize=3
        )
    axes.set_xlabel("probability that the device may answer")
    axes.set_ylabel("share in which it may")
    return _png(figure, axes)


def leakage(evaluation: Evaluation) -> bytes | None:
    """Quality over private tokens that leave, of the best method under each policy; None where they are not known."""
    known = [own for own in _routers(evaluation) if own.leaks]
    if not known:
        return None
    best = max(known, key=lambda own: own.figures.auc.value)
    figure, axes = _figure()
    for policy in policies():
        own = [one for one in best.leaks if one.policy is policy]
        axes.plot(
            [one.tokens.value for one in own], [one.quality.value for one in own], "o-", label=policy, markersize=3
        )
    axes.set_title(best.name, fontsize=10)
    axes.set_xlabel("private tokens that leave the device, a query")
    axes.set_ylabel("mean quality")
    return _png(figure, axes)


def areas(evaluation: Evaluation) -> bytes:
    """How far each method's area is above that of single tiers, with its interval."""
    figure, axes = _figure()
    shown = sorted(_routers(evaluation), key=lambda own: own.figures.above_static.value)
    found = [own.figures.above_static for own in shown]
    values = np.array([one.value for one in found])
    errors = np.clip([values - [one.low for one in found], [one.high for one in found] - values], 0, None)
    axes.errorbar(values, np.arange(len(shown)), xerr=errors, fmt="o", color="C0", capsize=3, markersize=4)
    axes.set_yticks(np.arange(len(shown)), [own.name for own in shown], fontsize=8)
    axes.axvline(0, color="black", linestyle=":")
    axes.set_xlabel("area above that of single tiers, quality")
    return _png(figure, axes, has_legend=False)


def _routers(evaluation: Evaluation) -> Sequence[MethodResult]:
    """All that see queries: neither bounds nor single tiers."""
    single = {"always_each", "best_single", "random"}
    return [own for own in evaluation.results if not own.is_bound and own.name not in single]


def _unit(evaluation: Evaluation) -> str:
    return evaluation.about.get("cost_unit", "unit not said").split(":")[0].split(",")[0]


def _figure() -> tuple[Any, Any]:
    # The object-oriented interface: no global state, no window.
    figure = require("matplotlib.figure", extra="routing").Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    axes.grid(alpha=0.25)
    return figure, axes


def _png(figure: Any, axes: Any, *, has_legend: bool = True) -> bytes:
    if has_legend:
        axes.legend(fontsize=7, ncols=2)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
