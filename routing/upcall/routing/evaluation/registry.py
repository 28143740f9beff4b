"""Every method and baseline by name. A module is imported only when one of its methods is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from upcall.edge_runtime.errors import InputError
from upcall.routing.bases.method import Method
from upcall.routing.estimates.quality_model import FitEstimates, QualityModel
from upcall.routing.tables.outcome_table import OutcomeTable

_PACKAGE = "upcall.routing.methods"


@dataclass(frozen=True, slots=True)
class Entry:
    """A method that can be asked for.

    Args:
        name: of the method.
        module: that holds it, in this package.
        factory: name of its class.
        arguments: of the factory.
        needs: columns without which it cannot be fitted: ``prompt``, ``private_tokens``, or a feature of the device.
        text: what it is, in a line.
        is_baseline: whether it is there to be compared with.
        is_bound: whether it knows more than a router can.
        is_estimated: whether it decides on estimates of quality.
    """

    name: str
    module: str
    text: str
    factory: str
    arguments: tuple[Any, ...] = ()
    needs: tuple[str, ...] = ()
    is_baseline: bool = True
    is_bound: bool = False
    is_estimated: bool = False

    def make(self, fit_estimates: FitEstimates = QualityModel) -> Method:
        """A new method of this kind, not yet fitted.

        Args:
            fit_estimates: for a method that decides on estimates; others do not look at it.
        """
        module = importlib.import_module(f"{_PACKAGE}.{self.module}")
        factory: Callable[..., Method] = getattr(module, self.factory)
        return factory(*self.arguments, *([fit_estimates] if self.is_estimated else []))

    def lacks(self, table: OutcomeTable) -> str:
        """A sentence that says what a table lacks for the method; empty when it lacks nothing."""
        for column in self.needs:
            if column == "prompt":
                held = all(prompt is not None for prompt in table.prompts)
            elif column == "private_tokens":
                held = bool((table.private_tokens >= 0).all())
            else:
                held = table.features[0] is not None and column in table.feature_names[0]
            if not held:
                kind = "column" if column in ("prompt", "private_tokens") else f"feature of {table.tiers[0]}"
                return f"the table lacks the {kind} {column}"
        return ""


def _estimated(name: str, module: str, text: str, factory: str, *, needs: tuple[str, ...] = ()) -> Entry:
    """A router of our own that decides on estimates of quality."""
    return Entry(name, module, text, factory, needs=needs, is_baseline=False, is_estimated=True)


_ENTRIES = (
    Entry("random", "static", "tiers at random: the hull of single tiers", "RandomMixing"),
    Entry("always_each", "static", "one tier for all queries, each in turn", "AlwaysEach"),
    Entry("best_single", "static", "the best tier for all queries", "BestSingle"),
    Entry("length", "baselines", "short prompts stay", "Length", needs=("prompt",)),
    Entry("knn", "baselines", "mean of similar prompts", "Neighbours", needs=("prompt",)),
    Entry("win_probability", "baselines", "RouteLLM's threshold on a win", "WinProbability", needs=("prompt",)),
    Entry(
        "log_prob", "baselines", "threshold on the answer's log-probability", "LogProb", needs=("post.mean_log_prob",)
    ),
    Entry(
        "self_verification",
        "baselines",
        "AutoMix's threshold on the device's verdict on itself",
        "SelfVerification",
        needs=("post.self_verification",),
    ),
    Entry("hybrid_det", "hybrid", "Hybrid LLM, r_det", "Hybrid", ("det",), is_baseline=False),
    Entry("hybrid_prob", "hybrid", "Hybrid LLM, r_prob", "Hybrid", ("prob",), is_baseline=False),
    Entry("hybrid_trans", "hybrid", "Hybrid LLM, r_trans", "Hybrid", ("trans",), is_baseline=False),
    _estimated("routing", "routing", "optimal routing before an answer", "Routing"),
    _estimated("threshold_cascade", "cascade", "tuned threshold cascade", "ThresholdCascade"),
    _estimated("cascade", "cascade", "cascade of prefixes", "Cascade"),
    _estimated("cascade_routing", "cascade_routing", "open-loop cascade routing", "CascadeRouting"),
    _estimated("bellman", "bellman", "closed-loop cascade routing", "Bellman"),
    _estimated(
        "multi_objective", "multi_objective", "quality, cost and privacy", "MultiObjective", needs=("private_tokens",)
    ),
    Entry("oracle", "static", "knows every quality: a bound", "Oracle", is_bound=True),
)
METHODS = {entry.name: entry for entry in _ENTRIES}


def entries(names: Iterable[str]) -> list[Entry]:
    """The entries of some names, in the order given; all where none is named.

    Raises:
        InputError: a name is unknown.
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in METHODS:
            raise InputError(f"There is no method '{name[:40]}'.", allowed=", ".join(METHODS))
    return [METHODS[name] for name in wanted] or list(_ENTRIES)
