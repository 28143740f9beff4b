"""Router heads trained on a table: the log-probability that the device's answer is right, from its own model's features.

Standardisation, PCA, the head and its calibration are one perceptron in the end, since all but the ReLU is linear.
"""

from __future__ import annotations

import warnings
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError, require
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.routing.estimates.calibration import fit_scaling
from upcall.routing.estimates.logistic import best_strength, fit_logistic
from upcall.routing.heads.router_head import RouterHead
from upcall.routing.heads.scores import COLLECT_WITH_FEATURES, Layers, forward, head_inputs
from upcall.routing.signals.projection import Projection
from upcall.routing.tables.outcome_table import OutcomeTable, Split

Array = NDArray[np.float64]
MIN_QUERIES = 20
_FOLDS = 4
_HIDDEN = 16
_PENALTIES = (0.1, 1.0, 10.0)
_STEPS = 150


class Kind(StrEnum):
    """The form of a head."""

    LOGISTIC = "logistic"
    MLP = "mlp"


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
                f"The table does not say of which {name.replace('_', ' ')} it is.", next_step=COLLECT_WITH_FEATURES
            )
    train, calibration = (table.split(own, least=MIN_QUERIES) for own in (Split.TRAIN, Split.CALIBRATION))
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
        forward(head_inputs(calibration, stage).astype(np.float64), layers), calibration.quality[:, 0]
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


def _logistic(inputs: Array, labels: Array, folds: NDArray[np.int64]) -> Layers:
    head = fit_logistic(inputs, labels, strength=best_strength(inputs, labels, folds))
    weights = head.weights if head.weights.size else np.zeros(inputs.shape[1])
    return [(weights[:, None], np.array([head.bias]))]


def _perceptron(inputs: Array, labels: Array, folds: NDArray[np.int64], *, seed: int) -> Layers:
    losses = dict.fromkeys(_PENALTIES, 0.0)
    for penalty in _PENALTIES:
        for fold in range(_FOLDS):
            held = folds == fold
            logits = forward(inputs[held], _trained(inputs[~held], labels[~held], penalty, seed=seed))
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
