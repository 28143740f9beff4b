"""Quality, cost and privacy: the device answers first, then its answer stays, or the prompt is sent as it is or masked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.decision.tiers.multi_objective import Option, Privacy, Way, allowed_ways, choose_option
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.policy import Action
from upcall.routing.bases.estimated import Array, EstimatedMethod
from upcall.routing.bases.method import Decisions, Explanation
from upcall.routing.estimates.quality_model import FitEstimates, QualityModel
from upcall.routing.tables.outcome_table import OutcomeTable

_DEVICE = frozenset({0})


@dataclass(frozen=True, slots=True)
class Sent:
    """The way and the tier of N queries.

    Args:
        ways: [N] of ``Way``.
        tiers: [N] whose answer the user got.
    """

    ways: NDArray[np.str_]
    tiers: NDArray[np.int64]


class MultiObjective(EstimatedMethod):
    """The hard rule, then argmax of q̂ − λ_c ĉ − λ_p leak over LOCAL, MASK_SEND_k and SEND_k, once the device has answered.

    A setting is λ_c. A prompt sent as it is leaks what the detector found and what it is expected to miss; a masked one what it
    is expected to miss.

    Args:
        fit_estimates: gives the estimates.
        policy: for what the detector finds.
        leak_price: λ_p ≥ 0, quality given for a private token kept.
        masked: the same queries answered from masked prompts, for what masking costs in quality: the mean loss of each tier on
            training queries with findings. Without it that is unknown and taken as 0.

    Source: Zhang et al. 2024 (2410.08014); see ``choose_option`` for the departure.
    """

    name = "multi_objective"

    def __init__(
        self,
        fit_estimates: FitEstimates = QualityModel,
        *,
        policy: Action = Action.MASK,
        leak_price: float = 0.0,
        masked: OutcomeTable | None = None,
    ) -> None:
        super().__init__(fit_estimates)
        self.policy = policy
        self.leak_price = leak_price
        self.mask_loss: Array | None = None
        """[K] quality lost by masking; None where it is not known."""
        self._masked = masked
        self._missed = (0.0, 0.0)

    def fit(self, train: OutcomeTable, calibration: OutcomeTable, *, seed: int) -> None:
        """Estimate what is missed and what masking costs, then as every method.

        Raises:
            InputError: private tokens are not known, or no query of ``masked`` is one of training.
        """
        private, detected = _counts(train)
        missed, found = private - detected, detected > 0
        self._missed = (
            float(missed[~found].mean()) if (~found).any() else 0.0,
            float(missed[found].sum() / detected[found].sum()) if found.any() else 0.0,
        )
        self.mask_loss = None if self._masked is None else _loss(train, self._masked)
        super().fit(train, calibration, seed=seed)

    def send(self, table: OutcomeTable, cost_price: float, leak_price: float) -> Sent:
        """Choose the way and the tier of each query.

        Args:
            table: the queries; what the detector found must be known, what is private need not.
            cost_price, leak_price: λ_c and λ_p ≥ 0.

        Raises:
            InputError: a price is negative, or what the detector found is not known.
        """
        known = self.known(table)
        if "options" not in known:
            known["options"] = self._options(table)
        options = [
            choose_option(own, privacy, cost_price=cost_price, leak_price=leak_price)
            for own, privacy in known["options"]
        ]
        return Sent(
            np.array([str(one.way) for one in options]), np.array([one.tier for one in options], dtype=np.int64)
        )

    def _options(self, table: OutcomeTable) -> list[tuple[list[Option], Privacy]]:
        if (table.detected_private_tokens < 0).any():
            raise InputError(
                "What the detector found is not known for some queries.", allowed="detected_private_tokens for all"
            )
        means = self.means(table, _DEVICE)
        loss = np.zeros(len(self.costs)) if self.mask_loss is None else self.mask_loss
        found = []
        for quality, count in zip(means.tolist(), table.detected_private_tokens.tolist(), strict=True):
            missed = self._missed[1] * count if count else self._missed[0]
            options = [Option(Way.LOCAL, 0, quality[0], float(self.costs[0]))]
            for tier in range(1, len(quality)):
                cost = float(self.costs[0] + self.costs[tier])
                less = float(loss[tier]) if count else 0.0
                options.append(Option(Way.MASK_SEND, tier, quality[tier] - less, cost, missed))
                options.append(Option(Way.SEND, tier, quality[tier], cost, count + missed))
            found.append((options, Privacy(is_private=count > 0, policy=self.policy)))
        return found

    def decide(self, table: OutcomeTable, setting: float) -> Decisions:
        """Decide at a price λ_c of cost, by the method's own λ_p."""
        sent = self.send(table, setting, self.leak_price)
        asked = np.zeros((len(table), len(table.tiers)), dtype=bool)
        asked[:, 0] = True
        asked[np.arange(len(table)), sent.tiers] = True
        return Decisions(asked, sent.tiers)

    def explain(self, table: OutcomeTable, query: int, setting: float) -> Explanation:
        """The options of one query, and the one that was taken."""
        one = table.select(np.array([query]))
        sent = self.send(one, setting, self.leak_price)
        ((options, privacy),) = self.known(one)["options"]
        ways = ", ".join(sorted(allowed_ways(privacy)))
        known = "known" if self.mask_loss is not None else "unknown, taken as 0"
        steps = [
            f"λ_c {setting:.4g}, λ_p {self.leak_price:.4g}; policy {self.policy}; allowed: {ways}; loss by masking {known}"
        ]
        steps += [
            f"{own.way} {table.tiers[own.tier]}: expected quality {own.quality:.3g}, cost {own.cost:.3g}, leak {own.leak:.3g}"
            for own in options
        ]
        chosen = table.tiers[int(sent.tiers[0])]
        steps.append(f"{sent.ways[0]} {chosen}")
        return Explanation(tuple(steps), tuple(dict.fromkeys((table.tiers[0], chosen))), chosen)


def _counts(table: OutcomeTable) -> tuple[Array, Array]:
    if (table.private_tokens < 0).any() or (table.detected_private_tokens < 0).any():
        raise InputError(
            "The table lacks private_tokens or detected_private_tokens for some queries.",
            next_step="collect them for all",
        )
    return table.private_tokens.astype(np.float64), table.detected_private_tokens.astype(np.float64)


def _loss(train: OutcomeTable, masked: OutcomeTable) -> Array:
    """[K] mean quality lost by masking, on training queries with findings that are in both."""
    place = {query: row for row, query in enumerate(masked.query_ids)}
    pairs = [
        (row, place[query])
        for row, query in enumerate(train.query_ids)
        if query in place and train.detected_private_tokens[row] > 0
    ]
    if not pairs or masked.tiers != train.tiers:
        raise InputError(
            "The masked table shares no training query in which something was found.",
            allowed="the same query_ids and tiers",
        )
    own, other = (np.array(one) for one in zip(*pairs, strict=True))
    return np.asarray((train.quality[own] - masked.quality[other]).mean(axis=0))
