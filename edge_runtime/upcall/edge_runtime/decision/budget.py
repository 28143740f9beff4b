"""How much may still be spent on calls: token buckets that fill up over a day, as plain arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from upcall.edge_runtime.errors import InputError, check_type

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A token bucket: so much a day, all of it at once if need be, and then as it refills.

    Args:
        per_day: what it holds when full and gains in a day, ≥ 0.
        left: what is in it, at most ``per_day``; below 0 where more was taken than was known beforehand.
        updated_at_s: when that was so, seconds since 1970.

    Raises:
        InputError: a number is not finite or outside its range.

    Vectors: proto/vectors/decision.json
    """

    per_day: float
    left: float
    updated_at_s: float

    def __post_init__(self) -> None:
        for name in ("per_day", "left", "updated_at_s"):
            check_type(f"The budget's {name}", getattr(self, name), int, float)
            if not math.isfinite(getattr(self, name)):
                raise InputError(f"The budget's {name} is {getattr(self, name)}.", allowed="a finite number")
        if self.per_day < 0 or self.left > self.per_day:
            raise InputError(f"The budget has {self.left} of {self.per_day} left.", allowed="at most all of it")

    @classmethod
    def full(cls, per_day: float, *, now_s: float) -> Bucket:
        """One from which nothing was taken."""
        return cls(per_day=per_day, left=per_day, updated_at_s=now_s)

    def at(self, now_s: float) -> Bucket:
        """As it is at that time. A clock that was set back refills nothing and takes nothing."""
        gained = max(0.0, now_s - self.updated_at_s) * self.per_day / DAY_S
        return replace(self, left=min(self.per_day, self.left + gained), updated_at_s=now_s)

    def taken(self, amount: float, *, now_s: float) -> Bucket:
        """After so much was taken at that time; a negative amount is given back."""
        refilled = self.at(now_s)
        return replace(refilled, left=min(refilled.per_day, refilled.left - amount))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPrices:
    """What the cloud charges, in the currency of the money budget, each ≥ 0.

    Raises:
        InputError: a price is negative or not finite.
    """

    per_call: float = 0.0
    per_million_input_tokens: float = 0.0
    per_million_output_tokens: float = 0.0

    def __post_init__(self) -> None:
        for name in ("per_call", "per_million_input_tokens", "per_million_output_tokens"):
            value = getattr(self, name)
            check_type(f"The price {name}", value, int, float)
            if not (math.isfinite(value) and value >= 0):
                raise InputError(f"The price {name} is {value}.", allowed="0 or more")

    def cost(self, *, input_tokens: int, output_tokens: int) -> float:
        """Of one call."""
        tokens = self.per_million_input_tokens * input_tokens + self.per_million_output_tokens * output_tokens
        return self.per_call + tokens / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """What the decision may know of the budget. None is no limit.

    Args:
        calls_left: may be a fraction, since buckets refill all the time.
        money_left: in the currency of the prices.
        call_cost: what this call may cost at most, in the same currency.
    """

    calls_left: float | None = None
    money_left: float | None = None
    call_cost: float = 0.0

    @property
    def is_spent(self) -> bool:
        """Whether one more call is too much."""
        has_no_call = self.calls_left is not None and self.calls_left < 1
        return has_no_call or (self.money_left is not None and self.money_left < max(self.call_cost, 0.0))


SPENT = BudgetState(calls_left=0.0)
"""Nothing may be spent."""
