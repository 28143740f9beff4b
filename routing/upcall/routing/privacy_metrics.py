"""What left the device, and how good the answers were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.multi_objective import Way
from upcall.edge_runtime.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyFigures:
    """Of N queries.

    Args:
        call_rate: share of the queries that left the device.
        safe_call_rate: share of those that carried no private token; nan where nothing was sent.
        leakage: private tokens that left, a query.
        quality: mean, of the answers; nan where one is not known.

    Source: Zhang et al. 2024 (2410.08014).
    """

    call_rate: float
    safe_call_rate: float
    leakage: float
    quality: float


def leaked(ways: NDArray[np.str_], private: NDArray[Any], detected: NDArray[Any]) -> Array:
    """[N] private tokens that left: all when sent as it is, those not detected when masked, none from the device.

    Args:
        ways: [N] of ``Way``.
        private: [N] tokens that are private.
        detected: [N] those of them that the detector found.

    Raises:
        InputError: a count is not known, or more were detected than there are.
    """
    if (private < 0).any() or (detected < 0).any():
        raise InputError(
            "The private tokens of some queries are not known.", next_step="collect private_tokens for all"
        )
    if (detected > private).any():
        raise InputError(
            "More private tokens were detected than there are.", allowed="detected_private_tokens ≤ private_tokens"
        )
    missed = private - detected
    return np.where(ways == Way.SEND, private, np.where(ways == Way.MASK_SEND, missed, 0)).astype(np.float64)


def privacy_figures(
    ways: NDArray[np.str_], *, quality: Array, private: NDArray[Any], detected: NDArray[Any]
) -> PrivacyFigures:
    """The figures.

    Args:
        ways: [N] of ``Way``.
        quality: [N] of the answers, nan where it is not known.
        private, detected: see :func:`leaked`.

    Raises:
        InputError: see :func:`leaked`, or there is no query.
    """
    if not len(ways):
        raise InputError("There is no query to measure.", allowed="one or more")
    left = leaked(ways, private, detected)
    called = ways != Way.LOCAL
    return PrivacyFigures(
        call_rate=float(called.mean()),
        safe_call_rate=float((left[called] == 0).mean()) if called.any() else float("nan"),
        leakage=float(left.mean()),
        quality=float(quality.mean()),
    )
