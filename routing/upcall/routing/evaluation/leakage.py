"""What of a prompt's private words would have left the device, under three policies.

``allow`` sends prompts as they are; ``mask`` takes out the private tokens that the detector found; ``block`` keeps every query
in which it found any on the device. Under ``mask`` the quality is that recorded for prompts as they are: an outcome table
holds no answers to masked prompts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from upcall.routing.evaluation import metrics
from upcall.routing.evaluation.curves import Recorded, Replicates
from upcall.routing.evaluation.metrics import Interval
from upcall.routing.tables.outcome_table import OutcomeTable

if TYPE_CHECKING:
    from upcall.edge_runtime.redaction.policy import Action  # its package brings RE2


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What leaves the device at one setting under one policy, means over queries.

    Args:
        policy: what is done before a call.
        setting: of the method.
        quality: of the answers.
        calls: share of queries that left the device.
        tokens: private tokens that left, a query.
        safe_calls: share of calls without a private token; nan where nothing is sent.
    """

    policy: Action
    setting: float
    quality: Interval
    calls: Interval
    tokens: Interval
    safe_calls: Interval


def policies() -> tuple[Action, ...]:
    """The policies compared, from the one that sends most to the one that sends least."""
    from upcall.edge_runtime.redaction.policy import Action

    return Action.ALLOW, Action.MASK, Action.BLOCK


def knows_private(table: OutcomeTable) -> bool:
    """Whether private tokens and those detected were counted for all queries, and there are any."""
    counted = (table.private_tokens >= 0).all() and (table.detected_private_tokens >= 0).all()
    return bool(counted and table.private_tokens.any())


def leaks(recorded: Recorded, table: OutcomeTable, replicates: Replicates) -> list[Leak]:
    """Measure every setting under every policy.

    Args:
        recorded: S settings on N queries.
        table: the N queries, whose private tokens are known.
    """
    private = table.private_tokens.astype(np.float64)
    missed = np.maximum(private - table.detected_private_tokens, 0)
    found = []
    allow, mask, block = policies()
    for policy in (allow, mask, block):
        stays = (table.detected_private_tokens > 0) & (policy is block)
        sent = private if policy is allow else missed
        for place, setting in enumerate(recorded.settings):
            calls = np.where(stays, 0.0, recorded.calls[place])
            quality = np.where(stays, table.quality[:, 0], recorded.quality[place])
            tokens = calls * sent
            means = [replicates.weights @ values for values in (quality, calls, tokens)]
            called = replicates.weights @ calls
            safe = replicates.weights @ (calls * (tokens == 0))
            shares = np.divide(safe, called, out=np.full(len(called), np.nan), where=called > 0)
            found.append(
                Leak(
                    policy=policy,
                    setting=float(setting),
                    quality=metrics.interval(means[0][0], means[0][1:]),
                    calls=metrics.interval(means[1][0], means[1][1:]),
                    tokens=metrics.interval(means[2][0], means[2][1:]),
                    safe_calls=metrics.interval(shares[0], shares[1:]),
                )
            )
    return found
