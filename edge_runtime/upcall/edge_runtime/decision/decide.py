"""Where a question is answered: one pure function, the same in every language (proto/vectors/decision.json)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

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
        threshold: the score below which a cascade calls; from the bundle's manifest, moved by the user's quality level.
        local_failed: the device gave no answer.
        cloud_failed: the cloud was asked and gave no whole answer.

    Raises:
        InputError: the score is positive or not a number, or the threshold is not a number.
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

    def __post_init__(self) -> None:
        if self.score is not None and (math.isnan(self.score) or self.score > 0):
            raise InputError(f"The score of a local answer is {self.score}.", allowed="a log-probability, 0 or less")
        if self.threshold is not None and math.isnan(self.threshold):
            raise InputError("The escalation threshold is not a number.", next_step="export the bundle again")


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """Where, why, and the numbers compared."""

    place: Place
    reason: Reason
    score: float | None = None
    threshold: float | None = None


def decide(given: Circumstances) -> RouteDecision:
    """Choose where the answer comes from.

    Hard rules come first, in this order, and nothing outweighs them: the user's choice to stay local, no cloud, a detector
    that failed (fail closed), a blocked entity, a user who declined, a cloud that has just failed. Then the user's choice
    to call, a device without an answer, and last the threshold: call when the score is below it, stay when it is equal or
    above. A cascade without score or threshold calls, since nothing speaks for the local answer.

    Vectors: proto/vectors/decision.json
    """

    def choose(place: Place, reason: Reason) -> RouteDecision:
        return RouteDecision(place=place, reason=reason, score=given.score, threshold=given.threshold)

    if given.strategy is Strategy.LOCAL:
        return choose(Place.DEVICE, Reason.STRATEGY)
    if not given.has_cloud:
        return choose(Place.DEVICE, Reason.NO_CLOUD)
    if given.detector_failed:
        return choose(Place.DEVICE, Reason.DETECTOR_FAILED)
    if given.is_blocked:
        return choose(Place.DEVICE, Reason.PRIVATE)
    if given.is_declined:
        return choose(Place.DEVICE, Reason.DECLINED)
    if given.cloud_failed:
        return choose(Place.DEVICE, Reason.CLOUD_FAILED)
    if given.strategy is Strategy.CLOUD:
        return choose(Place.CLOUD, Reason.STRATEGY)
    if given.local_failed:
        return choose(Place.CLOUD, Reason.LOCAL_FAILED)
    if given.score is None or given.threshold is None or given.score < given.threshold:
        return choose(Place.CLOUD, Reason.NOT_CONFIDENT)
    return choose(Place.DEVICE, Reason.CONFIDENT)


def needs_draft(given: Circumstances) -> bool:
    """Whether only the score of the device's answer can decide, so that the device must answer first.

    Never where a hard rule decides already, and never without a threshold, against which no score could count.

    Vectors: proto/vectors/decision.json
    """
    return given.score is None and given.threshold is not None and decide(given).reason is Reason.NOT_CONFIDENT
