"""An evaluation as JSON values: what ``upcall route eval --json`` prints."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from upcall.routing.evaluation.evaluate import Evaluation

FORMAT = "upcall.evaluation.v1"
_LEFT_OUT = {"areas"}  # replicates, of no use outside


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Objects, lists, texts, numbers and null. Unknown (nan) is null; an infinite threshold is the text "inf" or "-inf".

    ``differences`` holds, of each method that is no baseline, the area minus that of every other method, on the same resamples.
    """
    names = [own.name for own in evaluation.results]
    ours = [own.name for own in evaluation.results if not own.is_baseline]
    differences = {
        one: {other: _plain(evaluation.difference(one, other)) for other in names if other != one} for one in ours
    }
    plain = _plain(evaluation)
    for own, result in zip(plain["results"], evaluation.results, strict=True):
        own["beats_static"] = result.beats_static
    return {"format": FORMAT, **plain, "differences": differences}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {own.name: _plain(getattr(value, own.name)) for own in fields(value) if own.name not in _LEFT_OUT}
    if isinstance(value, dict):
        return {str(key): _plain(own) for key, own in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(own) for own in value]
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, float | np.floating):
        return None if math.isnan(value) else float(value) if math.isfinite(value) else f"{value:g}"
    if isinstance(value, np.integer):
        return int(value)
    return value
