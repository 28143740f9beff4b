"""The inputs that a head takes from a table, and the scores that it gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.features import STATISTICS
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.routing.heads.router_head import RouterHead
from upcall.routing.tables.outcome_table import OutcomeTable

Array = NDArray[np.float64]
COLLECT_WITH_FEATURES = "collect it with `upcall route collect`"
Layers = list[tuple[Array, Array]]


def head_inputs(table: OutcomeTable, stage: RouterStage) -> NDArray[np.float32]:
    """[N, F] float32 inputs, as a device gives them to its head of that stage: the features named ``pre.``… or ``post.``….

    Raises:
        InputError: the table lacks them, or they are not in the device's order.
    """
    names = [name for name in table.feature_names[0] if name.startswith(f"{stage}.")]
    own = table.features[0]
    if own is None or not names:
        raise InputError(
            f"The table lacks features of {table.tiers[0]} whose names begin with '{stage}.'.",
            next_step=COLLECT_WITH_FEATURES,
        )
    wanted = [f"{stage}.{statistic}" for statistic in STATISTICS[stage]]
    if names[: len(wanted)] != wanted:
        raise InputError(
            f"The {stage} features of {table.tiers[0]} are not in the device's order.",
            allowed=f"{', '.join(wanted)}, then hidden states",
            next_step=COLLECT_WITH_FEATURES,
        )
    return own[:, [table.feature_names[0].index(name) for name in names]]


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
    return -np.logaddexp(0, -forward(inputs.astype(np.float64), layers))


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
                next_step=COLLECT_WITH_FEATURES,
            )


def forward(values: Array, layers: Layers) -> Array:
    """Logits [N] of inputs [N, F], with weights [F, N]."""
    for number, (weight, bias) in enumerate(layers):
        values = (values if number == 0 else np.maximum(values, 0)) @ weight + bias
    return values[:, 0]
