"""Where a question is answered: one pure function, the same in every language (proto/vectors/decision.json)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

from upcall.edge_runtime.decision.budget import BudgetState
from upcall.edge_runtime.decision.device_state import DeviceState, Network, Thermal
from upcall.edge_runtime.decision.weighing import Adjustment, Prices, adjusted, adjustments, check_quality_level
from upcall.edge_runtime.errors import InputError


class Strategy(StrEnum):
    """What the user asked for."""

    LOCAL = "local"
    CLOUD = "cloud"
    CASCADE = "cascade"


class Place(StrEnum):
    """Where an answer comes from."""

    DEVICE = "device"
    CLOUD = "cloud"


class Reason(StrEnum):
    """Why, in the terms of ``upcall.protocol.v1.ReasonCode``."""

    STRATEGY = "strategy"
    NO_CLOUD = "no_cloud"
    PRIVATE = "private"
    DETECTOR_FAILED = "detector_failed"
    CONFIDENT = "confident"
    NOT_CONFIDENT = "not_confident"
    LOCAL_FAILED = "local_failed"
    CLOUD_FAILED = "cloud_failed"
    DECLINED = "declined"
    OFFLINE = "offline"
    OVER_BUDGET = "over_budget"
    HOT = "hot"
    LOW_BATTERY = "low_battery"
    LOW_MEMORY = "low_memory"
    QUALITY_LEVEL = "quality_level"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that the decision may look at.

    Args:
        strategy: what the user asked for.
        has_cloud: an endpoint is configured.
        is_blocked: the conversation holds an entity whose policy is to stay on the device.
        detector_failed: what is private could not be found out.
        is_declined: the user saw what would leave and kept it.
        score: log-probability signal of the local answer, ≤ 0 nats; None before there is an answer.
        threshold: the score below which a cascade calls, before it is adjusted; from the bundle's manifest.
        local_failed: the device gave no answer.
        cloud_failed: the cloud was asked and gave no whole answer.
        quality_level: 0 to 1, what the user wants of this question: 0 answers here, 1 calls, ½ and None are as calibrated.
        device: as it is now.
        budget: what may still be spent.
        prices: what moves the threshold by how much.

    Raises:
        InputError: the score is positive or not a number, the threshold is not a number, or the level is outside its range.
    """

    strategy: Strategy
    has_cloud: bool
    is_blocked: bool = False
    detector_failed: bool = False
    is_declined: bool = False
    score: float | None = None
    threshold: float | None = None
    local_failed: bool = False
    cloud_failed: bool = False
    quality_level: float | None = None
    device: DeviceState = field(default_factory=DeviceState)
    budget: BudgetState = field(default_factory=BudgetState)
    prices: Prices = field(default_factory=Prices)

    def __post_init__(self) -> None:
        check_quality_level(self.quality_level)
        if self.score is not None and (math.isnan(self.score) or self.score > 0):
            raise InputError(f"The score of a local answer is {self.score}.", allowed="a log-probability, 0 or less")
        if self.threshold is not None and math.isnan(self.threshold):
            raise InputError("The escalation threshold is not a number.", next_step="export the bundle again")

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        """What shifts the threshold."""
        if self.threshold is None:
            return ()
        return adjustments(self.threshold, quality_level=self.quality_level, prices=self.prices, device=self.device)

    @property
    def adjusted_threshold(self) -> float | None:
        """The threshold that the score is compared with."""
        return None if self.threshold is None else adjusted(self.threshold, self.adjustments)


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """Where, why, and the numbers compared.

    Args:
        place: where the answer comes from.
        reason: the first rule that decided.
        score: of the device's answer, nats; None where there was none.
        threshold: it was compared with, adjusted.
    """

    place: Place
    reason: Reason
    score: float | None = None
    threshold: float | None = None


def decide(given: Circumstances) -> RouteDecision:
    """Choose where the answer comes from.

    Hard rules come first, in this order, and nothing outweighs them: the user's choice to stay local, no cloud, no network, a
    detector that failed (fail closed), a blocked entity, a user who declined, a cloud that has just failed, a spent budget.
    Then the user's choice to call, a device without an answer, and, before anything is answered here, a device that should
    not: critically hot, out of power or of memory. A quality level of 0 stays and of 1 calls. Last the threshold, adjusted:
    call when the score is below it, stay when it is equal or above. A cascade without score or threshold calls, since nothing
    speaks for the local answer.

    Vectors: proto/vectors/decision.json
    """
    place, reason = _chosen(given)
    return RouteDecision(place=place, reason=reason, score=given.score, threshold=given.adjusted_threshold)


def _chosen(given: Circumstances) -> tuple[Place, Reason]:
    stays = (
        (given.strategy is Strategy.LOCAL, Reason.STRATEGY),
        (not given.has_cloud, Reason.NO_CLOUD),
        (given.device.network is Network.OFFLINE, Reason.OFFLINE),
        (given.detector_failed, Reason.DETECTOR_FAILED),
        (given.is_blocked, Reason.PRIVATE),
        (given.is_declined, Reason.DECLINED),
        (given.cloud_failed, Reason.CLOUD_FAILED),
        (given.budget.is_spent, Reason.OVER_BUDGET),
    )
    for applies, reason in stays:
        if applies:
            return Place.DEVICE, reason
    is_to_answer = given.score is None  # an answer that is there costs the device nothing more
    calls = (
        (given.strategy is Strategy.CLOUD, Reason.STRATEGY),
        (given.local_failed, Reason.LOCAL_FAILED),
        (is_to_answer and given.device.thermal is Thermal.CRITICAL, Reason.HOT),
        (is_to_answer and given.device.has_empty_battery, Reason.LOW_BATTERY),
        (is_to_answer and given.device.has_low_memory, Reason.LOW_MEMORY),
        (given.quality_level == 1, Reason.QUALITY_LEVEL),
    )
    for applies, reason in calls:
        if applies:
            return Place.CLOUD, reason
    if given.quality_level == 0:
        return Place.DEVICE, Reason.QUALITY_LEVEL
    threshold = given.adjusted_threshold
    if given.score is None or threshold is None or given.score < threshold:
        return Place.CLOUD, Reason.NOT_CONFIDENT
    return Place.DEVICE, Reason.CONFIDENT


def needs_draft(given: Circumstances) -> bool:
    """Whether only the score of the device's answer can decide, so that the device must answer first.

    Never where a hard rule decides already, and never without a threshold, against which no score could count.

    Vectors: proto/vectors/decision.json
    """
    return given.score is None and given.threshold is not None and decide(given).reason is Reason.NOT_CONFIDENT
