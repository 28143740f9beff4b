"""Quality against cost and privacy: the device's answer, the prompt sent as it is, or sent with its private words masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from upcall.edge_runtime.decision.tiers.ties import best_places
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.policy import Action


class Way(StrEnum):
    """Which tier answers, and how the prompt gets there."""

    LOCAL = "local"
    MASK_SEND = "mask_send"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class Option:
    """One way to one tier.

    Args:
        way: how.
        tier: whose answer; 0, the device, for LOCAL and for nothing else.
        quality: expected, of the answer.
        cost: ≥ 0.
        leak: private tokens expected to leave, ≥ 0; 0 for LOCAL.

    Raises:
        InputError: a number is out of range.
    """

    way: Way
    tier: int
    quality: float
    cost: float
    leak: float = 0.0

    def __post_init__(self) -> None:
        if (self.way is Way.LOCAL) != (self.tier == 0):
            raise InputError(
                f"Tier {self.tier} is reached by '{self.way}'.", allowed="0 by 'local', others by the rest"
            )
        if not (self.cost >= 0 and self.leak >= 0 and abs(self.quality) < float("inf")):
            raise InputError(
                f"An option has quality {self.quality}, cost {self.cost} and leak {self.leak}.",
                allowed="a finite quality, cost and leak 0 or more",
            )
        if self.way is Way.LOCAL and self.leak > 0:
            raise InputError(f"The device leaks {self.leak}.", allowed="0: nothing leaves it")


@dataclass(frozen=True, slots=True)
class Privacy:
    """What is known of a prompt's private words.

    Args:
        is_private: the detector found some.
        policy: for what it found.
        detector_failed: it is not known.
    """

    is_private: bool
    policy: Action = Action.MASK
    detector_failed: bool = False


def allowed_ways(privacy: Privacy) -> frozenset[Way]:
    """The hard rule, which no price outweighs.

    A detector that failed keeps the prompt on the device (fail closed), and so does a finding that is blocked. A finding that
    is masked does not leave as it is.
    """
    if privacy.detector_failed or (privacy.is_private and privacy.policy is Action.BLOCK):
        return frozenset({Way.LOCAL})
    if privacy.is_private and privacy.policy is Action.MASK:
        return frozenset({Way.LOCAL, Way.MASK_SEND})
    return frozenset(Way)


def choose_option(options: Sequence[Option], privacy: Privacy, *, cost_price: float, leak_price: float) -> Option:
    """The allowed option of greatest quality − λ_c cost − λ_p leak; of equal ones the least leak, then the least cost.

    Args:
        options: one of them LOCAL.
        privacy: for the hard rule, which comes first.
        cost_price: λ_c ≥ 0, quality given for a unit of cost.
        leak_price: λ_p ≥ 0, quality given for a private token kept.

    Raises:
        InputError: no option is LOCAL, or a price is negative.

    Source: the actions and the state of Zhang et al. 2024 (2410.08014, P3Defer). Departure: a rule in place of a policy learnt
    by reinforcement, so that leakage cannot rise with λ_p, nor cost with λ_c, and what is blocked never leaves.
    Vectors: proto/vectors/routing.json
    """
    if not cost_price >= 0 or not leak_price >= 0:
        raise InputError(f"The prices are {cost_price} and {leak_price}.", allowed="0 or more")
    if not any(option.way is Way.LOCAL for option in options):
        raise InputError("No option stays on the device.", allowed="one 'local' among them")
    ways = allowed_ways(privacy)
    allowed = [option for option in options if option.way in ways]
    values = [one.quality - cost_price * one.cost - leak_price * one.leak for one in allowed]
    return min((allowed[place] for place in best_places(values)), key=lambda one: (one.leak, one.cost))
