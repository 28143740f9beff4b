"""A table of three queries, with all that a table may hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from upcall.routing.tables.outcome_table import OutcomeTable, outcome_table


def table(**changes: Any) -> OutcomeTable:
    given: dict[str, Any] = {
        "query_ids": ["a", "b", "ü"],
        "tasks": ["one", "one", "two"],
        "splits": ["train", "test", "calibration"],
        "tiers": ["device", "large"],
        "quality": np.array([[0, 1], [0.5, 1], [1, 0]]),
        "cost": np.array([[0.1, 1], [0.1, 2], [0.1, 3]]),
        "prompts": ["question", "\u202eright to left", None],
        "answers": np.array([["x", "y"], ["", None], ["é", "👍🏽"]], dtype=object),
        "features": [np.arange(6, dtype=np.float32).reshape(3, 2), None],
        "feature_names": [["pre.a", "post.b"], []],
        "latency_ms": np.array([[1.5, np.nan], [2, 3], [4, 5]]),
        "private_tokens": np.array([2, -1, 0]),
        "detected_private_tokens": np.array([1, -1, 0]),
        "about": {"recipe": "onnx_int4_g32"},
    }
    return outcome_table(**(given | changes))
