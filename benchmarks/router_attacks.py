"""What a router can be made to do: learn the task's name only, follow words put behind a prompt, believe poisoned labels.

Everything is measured on recorded outcomes of a table's test queries, with 95 % bootstrap intervals.

Sources: 2504.07113 (shortcuts and suffixes against routers), 2503.08704 (attacks on routers).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError
from upcall.routing.bases.pair import best_cloud
from upcall.routing.estimates.calibration import fit_scaling
from upcall.routing.estimates.grid import quantile_grid
from upcall.routing.estimates.logistic import best_strength, fit_logistic
from upcall.routing.estimates.quality_model import QualityModel
from upcall.routing.evaluation.guarantee import in_sample
from upcall.routing.evaluation.metrics import Interval, auroc, bootstrap
from upcall.routing.heads.thresholds import losses_of, promised_threshold
from upcall.routing.signals.prompt_features import PRE
from upcall.routing.signals.visible import Signals
from upcall.routing.tables.outcome_table import OutcomeTable, Split

Array = NDArray[np.float64]
NOBODY, DEVICE = frozenset[int](), frozenset({0})
_FOLDS = 4
_SEARCHED, _CANDIDATES = 40, 40
_KINDS = ("at random", "wrong called right")


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured.

    Args:
        name: of it.
        value: with its interval.
        note: what must be known to read it.
    """

    name: str
    value: Interval
    note: str = ""


def category_shortcut(table: OutcomeTable, *, seed: int = 0) -> list[Figure]:
    """Does a router know more than which task a query is of? AUROC of "the device is right" over all queries and within tasks.

    A router that has learnt the task's name alone has an AUROC of .5 within tasks. "The task alone" scores a query by how often
    the device is right on the task's training queries.

    Raises:
        InputError: a split is empty.
    """
    train, calibration, test = (table.split(own, least=1) for own in Split)
    model = QualityModel(train, calibration, seed=seed)
    right = test.quality[:, 0] >= 0.5
    means = {task: train.quality[train.tasks == task, 0].mean() for task in np.unique(train.tasks)}
    scores = {
        "the task alone": np.array([means.get(task, train.quality[:, 0].mean()) for task in test.tasks]),
        "before the answer": model.mean(test, NOBODY)[:, 0],
        "after the answer": model.mean(test, DEVICE)[:, 0],
    }
    note = f"{len(test)} queries of {len(set(test.tasks.tolist()))} tasks"
    figures = []
    for name, own in scores.items():
        figures.append(Figure(f"{name}: AUROC over all", bootstrap(_whole(own, right), len(test), seed=seed), note))
        if name != "the task alone":
            inside = bootstrap(_within(own, right, test.tasks), len(test), seed=seed)
            figures.append(Figure(f"{name}: AUROC within tasks", inside, note))
    return figures


def suffix_attack(table: OutcomeTable, *, words: int = 5, seed: int = 0) -> list[Figure]:
    """Words behind every prompt, found greedily among those of the training prompts, that turn a router on prompt text.

    One suffix for all prompts is searched on training queries, for each direction, against the router that sees the prompt's
    text only; then another against the router that also sees the device's answer and what goes with it. Both are judged on
    test queries. The answers stay those recorded: what the suffix does to the device's model itself is not measured. The cap on
    such attacks is not to read the words at all once there is an answer; two AUROCs say what that costs.

    Args:
        table: with prompts.
        words: most in a suffix.
        seed: of the model and the queries on which is searched.

    Raises:
        InputError: there are no prompts, or a split is empty.
    """
    if any(prompt is None for prompt in table.prompts):
        raise InputError(
            "The table lacks prompts, behind which words could be put.", next_step="collect with prompts kept"
        )
    train, calibration, test = (_without_pre(table).split(own, least=1) for own in Split)
    model = QualityModel(train, calibration, seed=seed)
    sample = train.select(np.random.default_rng(seed).permutation(len(train))[:_SEARCHED])
    candidates = _frequent_words(train, _CANDIDATES)
    figures = []
    for name, asked in (("before the answer, by the prompt's words", NOBODY), ("after the answer", DEVICE)):
        score = partial(_scored, model, asked)
        threshold = float(np.median(score(calibration, ())))  # half of the queries call
        plain = score(test, ()) < threshold
        for direction, sign in (("to the cloud", -1.0), ("to the device", 1.0)):
            suffix = _best_suffix(partial(score, sample), sign, candidates, words)
            calls = score(test, suffix) < threshold
            turned = np.flatnonzero(plain if sign > 0 else ~plain)
            if not len(turned):  # nobody can tell one query from another
                continue
            share = bootstrap(partial(_mean, (calls != plain)[turned].astype(float)), len(turned), seed=seed)
            note = f"calls {plain.mean():.0%} without, {calls.mean():.0%} with {len(suffix)} words"
            figures.append(Figure(f"{name}: share that a suffix turns {direction}", share, note))
    right = test.quality[:, 0] >= 0.5
    blind = [replace(own, prompts=(None,) * len(own)) for own in (train, calibration, test)]
    unread = QualityModel(blind[0], blind[1], seed=seed).mean(blind[2], DEVICE)[:, 0]
    for name, own in (
        ("after the answer", model.mean(test, DEVICE)[:, 0]),
        ("after the answer, the prompt's words not read", unread),
    ):
        figures.append(Figure(f"{name}: AUROC", bootstrap(_whole(own, right), len(test), seed=seed)))
    return figures


def label_poisoning(
    table: OutcomeTable,
    *,
    shares: Sequence[float] = (0.0, 0.1, 0.3),
    most: float = 0.05,
    delta: float = 0.1,
    seed: int = 0,
) -> list[Figure]:
    """Training labels of "the device is right" that were turned: at random, or wrong answers called right only.

    The router sees the device's answer. Its threshold is chosen for a mean loss of at most ``most`` against always calling:
    by the poisoned training queries themselves, or with the guarantee on calibration queries that are clean, or poisoned alike.

    Args:
        table: with a tier beyond the device.
        shares: of the training labels, in [0, 1].
        most, delta: of the guarantee.
        seed: of which labels are turned.

    Raises:
        InputError: a split is empty, or there is only the device.
    """
    train, calibration, test = (table.split(own, least=1) for own in Split)
    cloud = best_cloud(train)
    signals = Signals(seed=seed).fit(train)
    inputs = [signals.transform(own, DEVICE) for own in (train, calibration, test)]
    folds = np.random.default_rng(seed).permutation(len(train)) % _FOLDS
    strength = best_strength(inputs[0], train.quality[:, 0], folds)
    right = test.quality[:, 0] >= 0.5
    loss = test.quality[:, cloud] - test.quality[:, 0]
    figures = []
    for share, kind in ((one, kind) for one in shares for kind in (_KINDS if one else _KINDS[:1])):
        labels = _turned(train.quality[:, 0], share, kind, seed)
        scores, grid_scores = _poisoned_scores(inputs, labels, calibration.quality[:, 0], folds, strength)
        name = f"{share:.0%} of labels turned, {kind}" if share else "clean labels"
        figures.append(Figure(f"{name}: AUROC", bootstrap(_whole(scores[2], right), len(test), seed=seed)))
        grid = quantile_grid(grid_scores, method="higher")[::-1]
        dirty = _turned(calibration.quality[:, 0], share, kind, seed + 1)
        safe = in_sample(losses_of(grid_scores, train.quality[:, cloud] - labels, grid), most=most)
        found = {"threshold by poisoned training queries": None if safe is None else float(grid[safe])}
        for by, own in (
            ("guarantee on clean queries", calibration.quality[:, 0]),
            ("guarantee on poisoned queries", dirty),
        ):
            lost = calibration.quality[:, cloud] - own
            found[by] = promised_threshold(scores[1], lost, grid, most=most, delta=delta)
        for by, threshold in found.items():
            kept = scores[2] >= (np.inf if threshold is None else threshold)
            value = bootstrap(partial(_mean, np.where(kept, loss, 0.0)), len(test), seed=seed)
            note = f"{most:g} was allowed; calls {1 - kept.mean():.0%}"
            figures.append(Figure(f"{name}, {by}: loss of quality", value, note))
    return figures


def _mean(values: Array, rows: NDArray[np.int64]) -> float:
    return float(values[rows].mean())


def _whole(scores: Array, right: NDArray[np.bool_]) -> Callable[[NDArray[np.int64]], float]:
    return lambda rows: auroc(scores[rows], right[rows])


def _within(scores: Array, right: NDArray[np.bool_], tasks: NDArray[np.str_]) -> Callable[[NDArray[np.int64]], float]:
    """Probability that a right answer scores above a wrong one of the same task: pairs of all tasks count alike."""
    places = np.unique(tasks, return_inverse=True)[1]

    def figure(rows: NDArray[np.int64]) -> float:
        total = pairs = 0.0
        for task in range(places.max() + 1):
            own = rows[places[rows] == task]
            count = float(right[own].sum() * (~right[own]).sum())
            if count:
                total += count * auroc(scores[own], right[own])
                pairs += count
        return total / pairs if pairs else float("nan")

    return figure


def _without_pre(table: OutcomeTable) -> OutcomeTable:
    """Without the device's features of the prompt, so that its words are looked at."""
    kept = [place for place, name in enumerate(table.feature_names[0]) if not name.startswith(PRE)]
    own = table.features[0]
    return replace(
        table,
        features=(None if own is None or not kept else own[:, kept], *table.features[1:]),
        feature_names=(tuple(table.feature_names[0][place] for place in kept), *table.feature_names[1:]),
    )


def _frequent_words(table: OutcomeTable, count: int) -> list[str]:
    words = Counter(word for prompt in table.prompts for word in set((prompt or "").lower().split()))
    return [word for word, _ in words.most_common(count)]


def _with_suffix(table: OutcomeTable, suffix: Sequence[str]) -> OutcomeTable:
    return (
        replace(table, prompts=tuple(" ".join([prompt or "", *suffix]) for prompt in table.prompts))
        if suffix
        else table
    )


def _scored(model: QualityModel, asked: frozenset[int], table: OutcomeTable, suffix: Sequence[str]) -> Array:
    return model.mean(_with_suffix(table, suffix), asked)[:, 0]


def _best_suffix(
    score: Callable[[Sequence[str]], Array], sign: float, candidates: Sequence[str], words: int
) -> list[str]:
    """Word after word, each the one that moves the mean score furthest to the sign's side; stops where none does."""
    suffix: list[str] = []
    best = sign * float(score(suffix).mean())
    for _ in range(words):
        values = [sign * float(score([*suffix, word]).mean()) for word in candidates]
        if not values or max(values) <= best:
            break
        best = max(values)
        suffix.append(candidates[int(np.argmax(values))])
    return suffix


def _turned(labels: Array, share: float, kind: str, seed: int) -> Array:
    """Labels of which a share of all is turned: of any, or of wrong answers as far as there are so many."""
    order = np.random.default_rng(seed).permutation(len(labels))
    chosen = order if kind == "at random" else order[labels[order] < 0.5]
    turned = labels.copy()
    turned[chosen[: round(share * len(labels))]] = 1 - turned[chosen[: round(share * len(labels))]]
    return turned


def _poisoned_scores(
    inputs: Sequence[Array], labels: Array, clean: Array, folds: NDArray[np.int64], strength: float
) -> tuple[list[Array], Array]:
    """Logits of all three splits by a head of those labels, and of the training queries by heads fitted without them."""

    def head(rows: NDArray[np.bool_]) -> Callable[[Array], Array]:
        return fit_logistic(inputs[0][rows], labels[rows], strength=strength).logits

    whole = head(np.ones(len(labels), dtype=bool))
    scaling = fit_scaling(whole(inputs[1]), clean)
    held_out = np.zeros(len(labels))
    for fold in np.unique(folds):
        held_out[folds == fold] = head(folds != fold)(inputs[0][folds == fold])
    return [scaling.apply(whole(own)) for own in inputs], scaling.apply(held_out)


def all_figures(table: OutcomeTable, *, seed: int = 0) -> Iterator[tuple[str, Figure]]:
    """Every attack that the table's columns allow, with its name."""
    for figure in category_shortcut(table, seed=seed):
        yield "category shortcut", figure
    if all(prompt is not None for prompt in table.prompts):
        for figure in suffix_attack(table, seed=seed):
            yield "suffix", figure
    if len(table.tiers) > 1:
        for figure in label_poisoning(table, seed=seed):
            yield "poisoned labels", figure
