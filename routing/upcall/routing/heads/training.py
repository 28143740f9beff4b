"""Router heads trained on a table: the log-probability that the device's answer is right, from its own model's features.

Standardisation, PCA, the head and its calibration are one perceptron in the end, since all but the ReLU is linear.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.features import STATISTICS
from upcall.edge_runtime.errors import InputError, require
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.routing.estimates.calibration import fit_scaling
from upcall.routing.estimates.logistic import best_strength, fit_logistic
from upcall.routing.evaluation.metrics import Interval, auroc_interval, brier, ece
from upcall.routing.heads.router_head import RouterHead
from upcall.routing.signals.projection import Projection
from upcall.routing.tables.outcome_table import OutcomeTable, Split

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array]]
MIN_QUERIES = 20
_FOLDS = 4
_HIDDEN = 16
_PENALTIES = (0.1, 1.0, 10.0)
_STEPS = 150
_COLLECT_AGAIN = "collect it with `upcall route collect`"


class Kind(StrEnum):
    """Of a head."""

    LOGISTIC = "logistic"
    MLP = "mlp"


@dataclass(frozen=True, slots=True)
class HeadReport:
    """How good a head is on queries that it was neither trained nor calibrated on.

    Args:
        queries: N.
        auroc: of right against wrong answers of the device.
        ece, brier: of the probability.
    """

    queries: int
    auroc: Interval
    ece: float
    brier: float


def head_inputs(table: OutcomeTable, stage: RouterStage) -> NDArray[np.float32]:
    """[N, F] float32, what a device gives its head of that stage: the features named ``pre.``… or ``post.``….

    Raises:
        InputError: the table lacks them, or they are not in the device's order.
    """
    names = [name for name in table.feature_names[0] if name.startswith(f"{stage}.")]
    own = table.features[0]
    if own is None or not names:
        raise InputError(
            f"The table lacks features of {table.tiers[0]} whose names begin with '{stage}.'.", next_step=_COLLECT_AGAIN
        )
    wanted = [f"{stage}.{statistic}" for statistic in STATISTICS[stage]]
    if names[: len(wanted)] != wanted:
        raise InputError(
            f"The {stage} features of {table.tiers[0]} are not in the device's order.",
            allowed=f"{', '.join(wanted)}, then hidden states",
            next_step=_COLLECT_AGAIN,
        )
    return own[:, [table.feature_names[0].index(name) for name in names]]


def train_head(table: OutcomeTable, *, stage: RouterStage, kind: Kind = Kind.LOGISTIC, seed: int = 0) -> RouterHead:
    """Train a head on the split ``train`` and calibrate it on the split ``calibration``; it has no threshold yet.

    The strength of regularisation is chosen by cross-validation on ``train``. Quality may be a fraction. Where all answers
    are alike, the head says how many are right, whatever it is given.

    Args:
        table: outcomes; its ``about`` says of which model and recipe.
        stage: before or after the answer.
        kind: one layer, or two with 16 ReLUs between.
        seed: same seed, same head.

    Raises:
        InputError: a split has too few queries, or the table lacks features or where it comes from.
    """
    for name in ("model_revision", "recipe"):
        if name not in table.about:
            raise InputError(
                f"The table does not say of which {name.replace('_', ' ')} it is.", next_step=_COLLECT_AGAIN
            )
    train, calibration = table.split(Split.TRAIN), table.split(Split.CALIBRATION)
    for split, own in ((Split.TRAIN, train), (Split.CALIBRATION, calibration)):
        if len(own) < MIN_QUERIES:
            raise InputError(f"The split {split} has {len(own)} queries.", allowed=f"{MIN_QUERIES} or more")
    inputs, labels = head_inputs(train, stage), train.quality[:, 0]
    names = [name for name in table.feature_names[0] if name.startswith(f"{stage}.")]
    projection = Projection(seed=seed).fit(inputs, names)
    projected = projection.transform(inputs)
    folds = np.random.default_rng(seed).permutation(len(train)) % _FOLDS
    layers = (
        _logistic(projected, labels, folds)
        if kind is Kind.LOGISTIC or labels.min() == labels.max()
        else _perceptron(projected, labels, folds, seed=seed)
    )
    # z = (x·P + o)·W + b for a first layer of weights W and biases b.
    weight, bias = layers[0]
    layers[0] = (projection.matrix @ weight, projection.offset @ weight + bias)
    scaling = fit_scaling(
        _forward(head_inputs(calibration, stage).astype(np.float64), layers), calibration.quality[:, 0]
    )
    weight, bias = layers[-1]
    layers[-1] = (weight * scaling.slope, bias * scaling.slope + scaling.offset)
    return RouterHead(
        stage=stage,
        feature_count=inputs.shape[1],
        layers=tuple((own.T.astype(np.float32), bias.astype(np.float32)) for own, bias in layers),
        model_revision=table.about["model_revision"],
        recipe=table.about["recipe"],
    )


def scores(head: RouterHead, table: OutcomeTable) -> Array:
    """[N] log-probabilities, ≤ 0 nats, as ``RouterHead.evaluate`` gives them one by one.

    Raises:
        InputError: the table has other features than the head takes.
    """
    inputs = head_inputs(table, head.stage)
    if inputs.shape[1] != head.feature_count:
        raise InputError(
            f"The table has {inputs.shape[1]:,} {head.stage} features.", allowed=f"{head.feature_count:,}, the head's"
        )
    if not head.layers:
        return np.minimum(0.0, inputs[:, head.passed_index].astype(np.float64))
    layers = [(weight.T.astype(np.float64), bias.astype(np.float64)) for weight, bias in head.layers]
    return -np.logaddexp(0, -_forward(inputs.astype(np.float64), layers))


def report(head: RouterHead, table: OutcomeTable, *, seed: int = 0) -> HeadReport:
    """How good a head is on a table; give it the split ``test``.

    Args:
        head: trained.
        table: one query or more.
        seed: of the bootstrap.
    """
    chances, quality = np.exp(scores(head, table)), table.quality[:, 0]
    return HeadReport(
        len(table), auroc_interval(chances, quality >= 0.5, seed=seed), ece(chances, quality), brier(chances, quality)
    )


def check_same_bundle(head: RouterHead, table: OutcomeTable) -> None:
    """Refuse outcomes of another bundle than the head's.

    Raises:
        InputError: the table is of another model or recipe, or does not say of which.
    """
    for name, own in (("model_revision", head.model_revision), ("recipe", head.recipe)):
        if table.about.get(name) != own:
            raise InputError(
                f"The table is of another bundle: its {name.replace('_', ' ')} is {table.about.get(name, 'unknown')}.",
                allowed=f"{own}, the head's",
                next_step=_COLLECT_AGAIN,
            )


def _forward(values: Array, layers: Layers) -> Array:
    """Logits [N] of inputs [N, F], with weights [F, N]."""
    for number, (weight, bias) in enumerate(layers):
        values = (values if number == 0 else np.maximum(values, 0)) @ weight + bias
    return values[:, 0]


def _logistic(inputs: Array, labels: Array, folds: NDArray[np.int64]) -> Layers:
    head = fit_logistic(inputs, labels, strength=best_strength(inputs, labels, folds))
    weights = head.weights if head.weights.size else np.zeros(inputs.shape[1])
    return [(weights[:, None], np.array([head.bias]))]


def _perceptron(inputs: Array, labels: Array, folds: NDArray[np.int64], *, seed: int) -> Layers:
    losses = dict.fromkeys(_PENALTIES, 0.0)
    for penalty in _PENALTIES:
        for fold in range(_FOLDS):
            held = folds == fold
            logits = _forward(inputs[held], _trained(inputs[~held], labels[~held], penalty, seed=seed))
            losses[penalty] += float(np.sum(np.logaddexp(0, logits) - labels[held] * logits))
    return _trained(inputs, labels, min(losses, key=lambda penalty: losses[penalty]), seed=seed)


def _trained(inputs: Array, labels: Array, penalty: float, *, seed: int) -> Layers:
    """A layer of ReLUs, which no logistic regression has; a fractional label counts as right and as wrong by its share."""
    neural_network = require("sklearn.neural_network", extra="routing")
    exceptions = require("sklearn.exceptions", extra="routing")
    twice = np.concatenate([labels, 1 - labels])
    known = twice > 0
    model = neural_network.MLPClassifier(
        hidden_layer_sizes=(_HIDDEN,), alpha=penalty, solver="lbfgs", max_iter=_STEPS, random_state=seed
    )
    with warnings.catch_warnings():
        # The penalty, not convergence, is what keeps the head from learning the queries by heart.
        warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
        model.fit(
            np.vstack([inputs, inputs])[known],
            np.repeat([1, 0], len(labels))[known],
            sample_weight=twice[known],
        )
    return [
        (np.asarray(weight, dtype=np.float64), np.asarray(bias, dtype=np.float64))
        for weight, bias in zip(model.coefs_, model.intercepts_, strict=True)
    ]
