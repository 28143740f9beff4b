"""Router heads with random layers."""

from __future__ import annotations

import numpy as np

from upcall.edge_runtime.decision.features import feature_count
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.protocol.v1 import bundle_pb2
from upcall.routing.heads.router_head import RouterHead


def trained(stage: RouterStage, *, hidden: int, widths: tuple[int, ...] = (8, 1), scale: float = 1.0) -> RouterHead:
    """A head with random layers."""
    random = np.random.default_rng(0)
    columns = count = feature_count(stage, hidden_size=hidden)
    layers = []
    for width in widths:
        weight = random.normal(size=(width, columns), scale=scale).astype(np.float32)
        layers.append((weight, random.normal(size=width).astype(np.float32)))
        columns = width
    threshold = (
        bundle_pb2.Threshold(signal=bundle_pb2.SIGNAL_ROUTER_POST, value=-0.75) if stage is RouterStage.POST else None
    )
    return RouterHead(stage, count, tuple(layers), "", "", threshold)
