"""Every method on one table of outcomes: fitted on train, tuned on calibration, reported on test.

The calibration queries are halved: methods may tune themselves on one half; on the other, which they never see, settings are
chosen and promises made. The test queries choose nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.mixture import upper_hull
from upcall.edge_runtime.errors import InputError
from upcall.routing.bases.method import Method
from upcall.routing.bases.pair import PairMethod, best_cloud
from upcall.routing.estimates.quality_model import QualityEstimates, QualityModel
from upcall.routing.evaluation import curves, metrics
from upcall.routing.evaluation.curves import Figures, Recorded, Replicates, Tiers
from upcall.routing.evaluation.device_estimates import DeviceEstimates, SignalFigures, device_estimates, signal_figures
from upcall.routing.evaluation.guarantee import Bound
from upcall.routing.evaluation.leakage import Leak, knows_private, leaks
from upcall.routing.evaluation.metrics import Interval
from upcall.routing.evaluation.operating_points import (
    OperatingPoint,
    Promise,
    at_budget,
    check_budgets,
    of_cloud_quality,
    promise,
)
from upcall.routing.evaluation.registry import Entry, entries
from upcall.routing.tables.outcome_table import OutcomeTable, Split
from upcall.routing.tables.splits import halves

Array = NDArray[np.float64]
LEAST_QUERIES = 4
"""In each split: fewer say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which methods to run, on what terms.

    Args:
        methods: names; empty for all.
        budgets: mean costs a query; empty for the quarters between the cheapest and the dearest tier.
        seed: of training, of halving and of resampling.
        resamples: bootstrap resamples of the test queries, ≥ 1.
        most, delta, bound: of the guarantee: a mean loss of at most ``most`` with probability 1 − ``delta``.
        promise_resamples: calibration sets on which guarantees are tried, ≥ 1.
        cloud_share: of the cloud's quality whose calls are told, in (0, 1].

    Raises:
        InputError: a number is out of range.
    """

    methods: tuple[str, ...] = ()
    budgets: tuple[float, ...] = ()
    seed: int = 0
    resamples: int = 500
    most: float = 0.05
    delta: float = 0.1
    bound: Bound = Bound.BETTING
    promise_resamples: int = 200
    cloud_share: float = 0.95

    def __post_init__(self) -> None:
        for name in ("most", "delta"):
            if not 0 < getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}.", allowed="above 0, below 1")
        if not 0 < self.cloud_share <= 1:
            raise InputError(f"The share of the cloud's quality is {self.cloud_share}.", allowed="above 0, at most 1")
        if min(self.resamples, self.promise_resamples) < 1:
            raise InputError(f"There are {min(self.resamples, self.promise_resamples)} resamples.", allowed="1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult:
    """The figures of one method, and what it is.

    Args:
        name, text, is_baseline, is_bound: see ``Entry``.
        figures: on the test queries.
        above_static_held: difference of the area to the hull of single tiers on the held half of calibration.
        points: [S, 3] mean cost, share of calls, quality on the test queries, of each setting.
        bands: [S, 2] bounds of the quality.
        signal: None where the method has no score of its own.
        budgets: see ``Options``.
        cloud_quality: the point of a share of the cloud's quality.
        promise: see ``Promise``.
        leaks: empty where private tokens are not known.
    """

    name: str
    text: str
    is_baseline: bool
    is_bound: bool
    figures: Figures
    above_static_held: Interval
    settings: Array
    points: Array
    bands: Array
    signal: SignalFigures | None
    budgets: tuple[OperatingPoint, ...]
    cloud_quality: OperatingPoint
    promise: Promise
    leaks: tuple[Leak, ...] = field(default=(), repr=False)

    @property
    def beats_static(self) -> bool:
        """Whether it beat the hull of single tiers on queries that it had not seen, with 95 % confidence; else leave it."""
        return self.above_static_held.low > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The figures of all methods on one table.

    Args:
        about: of the table.
        tiers: [K] names.
        tier_quality, tier_cost: [K] means on the test queries.
        judged: tiers by which the methods are judged.
        counts: of queries by split.
        static_area: area under the hull of single tiers.
        device: how well it can be told whether the device is right; None where only methods were asked for by name.
        results: of the methods that could be run.
        left_out: method → why not.
        options: as asked for, budgets filled in.
    """

    about: dict[str, str]
    tiers: tuple[str, ...]
    tier_quality: tuple[Interval, ...]
    tier_cost: tuple[Interval, ...]
    judged: Tiers
    counts: dict[str, int]
    static_area: Interval
    device: DeviceEstimates | None
    results: tuple[MethodResult, ...]
    left_out: dict[str, str]
    options: Options

    def difference(self, ours: str, theirs: str) -> Interval:
        """The difference of two methods' areas, on the same resamples.

        Raises:
            InputError: one was not run.
        """
        found = {own.name: own.figures.areas for own in self.results}
        for name in (ours, theirs):
            if name not in found:
                raise InputError(f"The method {name[:40]} was not run.", allowed=", ".join(found))
        return curves.difference(found[ours], found[theirs])


def evaluate(
    table: OutcomeTable, options: Options, *, on_method: Callable[[str, int, int], None] = lambda *_: None
) -> Evaluation:
    """Run every method that was asked for and whose columns the table has.

    Args:
        table: with all three splits.
        options: what to run.
        on_method: told the name, its number from 1, and how many there are.

    Raises:
        InputError: a split is missing or tiny, there is one tier, a method is unknown, or a budget is below the cheapest tier.
    """
    wanted = entries(options.methods)
    train, calibration, test = (table.split(own, least=LEAST_QUERIES) for own in Split)
    tuning, held = halves(calibration, seed=options.seed)
    hull = upper_hull(train.cost.mean(axis=0), train.quality.mean(axis=0))
    judged = curves.judged_by(train, cloud=best_cloud(train), hull=hull)
    if train.cost[:, judged.cheapest].mean() == train.cost[:, judged.dearest].mean():
        raise InputError("All tiers cost the same, so no cost buys anything.", next_step="give the tiers their costs")
    bench = _Bench(train, tuning, held, test, judged, _with_budgets(options, held, judged))
    shared = _Shared()
    results, left_out = [], {}
    for number, entry in enumerate(wanted, start=1):
        on_method(entry.name, number, len(wanted))
        if lacking := entry.lacks(table):
            left_out[entry.name] = lacking
            continue
        try:
            method = entry.make(shared)
            method.fit(train, tuning, seed=options.seed)
        except InputError as error:
            left_out[entry.name] = error.problem
            continue
        results.append(bench.result(entry, method))
    on_test = bench.on_test
    static = curves.static_areas(on_test, judged)
    return Evaluation(
        about=table.about,
        tiers=table.tiers,
        tier_quality=tuple(metrics.interval(own[0], own[1:]) for own in on_test.quality.T),
        tier_cost=tuple(metrics.interval(own[0], own[1:]) for own in on_test.cost.T),
        judged=judged,
        counts={
            "train": len(train),
            "calibration_tuning": len(tuning),
            "calibration_held": len(held),
            "test": len(test),
        },
        static_area=metrics.interval(static[0], static[1:]),
        device=None if options.methods else bench.device(shared(train, tuning, seed=options.seed)),
        results=tuple(results),
        left_out=left_out,
        options=bench.options,
    )


def _with_budgets(options: Options, held: OutcomeTable, judged: Tiers) -> Options:
    low, high = (float(held.cost[:, tier].mean()) for tier in (judged.cheapest, judged.dearest))
    budgets = options.budgets or tuple(float(f"{low + share * (high - low):.6g}") for share in (0.25, 0.5, 0.75))
    check_budgets(budgets, held, judged)
    return replace(options, budgets=budgets)


class _Shared:
    """Fits the quality model when it is first asked for, and hands it to every method of one evaluation."""

    def __init__(self) -> None:
        self._model: QualityEstimates | None = None

    def __call__(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> QualityEstimates:
        if self._model is None:
            self._model = QualityModel(train, calibration, seed=seed)
        return self._model


class _Bench:
    """The splits on which all methods are measured alike."""

    def __init__(
        self,
        train: OutcomeTable,
        tuning: OutcomeTable,
        held: OutcomeTable,
        test: OutcomeTable,
        judged: Tiers,
        options: Options,
    ) -> None:
        self.options = options
        self._held = held
        self._test = test
        self._judged = judged
        self._on_held = Replicates.of(held, count=options.resamples, seed=options.seed)
        self.on_test = Replicates.of(test, count=options.resamples, seed=options.seed)

    def result(self, entry: Entry, method: Method) -> MethodResult:
        """Measure a method that was fitted."""
        held, test = curves.record(method, self._held), curves.record(method, self._test)
        options, judged = self.options, self._judged
        held_areas = curves.areas_of(held, self._on_held, judged)
        points, bands = self._points(test)
        return MethodResult(
            name=entry.name,
            text=entry.text,
            is_baseline=entry.is_baseline,
            is_bound=entry.is_bound,
            figures=curves.figures(test, self.on_test, judged),
            above_static_held=curves.difference(held_areas, curves.static_areas(self._on_held, judged)),
            settings=test.settings,
            points=points,
            bands=bands,
            signal=self._signal(method),
            budgets=tuple(at_budget(one, held, test, self._held, self.on_test, judged) for one in options.budgets),
            cloud_quality=of_cloud_quality(options.cloud_share, held, test, self._held, self.on_test, judged),
            promise=promise(
                held,
                test,
                self._held,
                self._test,
                self.on_test,
                judged,
                most=options.most,
                delta=options.delta,
                bound=options.bound,
                count=options.promise_resamples,
                seed=options.seed,
            ),
            leaks=tuple(leaks(test, self._test, self.on_test)) if knows_private(self._test) else (),
        )

    def device(self, model: QualityEstimates) -> DeviceEstimates:
        """Measure the estimates that the methods share."""
        return device_estimates(model, self._test, resamples=self.options.resamples, seed=self.options.seed)

    def _points(self, test: Recorded) -> tuple[Array, Array]:
        quality = self.on_test.weights @ test.quality.T
        bounds = [metrics.interval(own[0], own[1:]) for own in quality.T]
        points = np.stack([test.cost.mean(axis=1), test.calls.mean(axis=1), test.quality.mean(axis=1)], axis=1)
        return points, np.array([[own.low, own.high] for own in bounds])

    def _signal(self, method: Method) -> SignalFigures | None:
        if not isinstance(method, PairMethod):
            return None
        scores = method.scores(self._test)
        truth = method.is_kept_right(self._test) if method.is_probability else None
        return signal_figures(scores, self._test, truth=truth, resamples=self.options.resamples, seed=self.options.seed)
