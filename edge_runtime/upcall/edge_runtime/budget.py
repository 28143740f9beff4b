"""The budget of calls, kept in a file that all programs of one user share: its one owner."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from upcall.edge_runtime.decision.budget import SPENT, Bucket, BudgetState, CallPrices
from upcall.edge_runtime.errors import InputError, OutputError, UpcallError
from upcall.edge_runtime.files import locked, write_atomically
from upcall.edge_runtime.home import upcall_home

_VERSION = 1
_MOST_BYTES = 10_000


def default_budget_path() -> Path:
    """``budget.json`` in Upcall's folder."""
    return upcall_home() / "budget.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What may be spent, as it is written down.

    Args:
        calls: how many; None sets no limit.
        money: in the currency of the prices; None sets no limit.
        prices: what the cloud charges.
    """

    calls: Bucket | None = None
    money: Bucket | None = None
    prices: CallPrices = field(default_factory=CallPrices)

    def at(self, now_s: float) -> Allowance:
        """Refilled, as it is at that time."""
        return self.taken(calls=0, money=0.0, now_s=now_s)

    def taken(self, *, calls: int, money: float, now_s: float) -> Allowance:
        """After so much was taken at that time."""
        return replace(
            self,
            calls=self.calls and self.calls.taken(calls, now_s=now_s),
            money=self.money and self.money.taken(money, now_s=now_s),
        )

    def state(self, *, input_tokens: int, output_tokens: int) -> BudgetState:
        """What the decision may know, for a call of at most so many tokens."""
        return BudgetState(
            calls_left=self.calls.left if self.calls else None,
            money_left=self.money.left if self.money else None,
            call_cost=self.prices.cost(input_tokens=input_tokens, output_tokens=output_tokens),
        )


class Budget:
    """What may still be spent on calls. May be shared between threads and programs: each change is made under a lock.

    Args:
        path: of the file; one that is missing sets no limit.
        now_s: the clock, seconds since 1970.
    """

    def __init__(self, path: Path, *, now_s: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now_s = now_s

    def read(self) -> Allowance:
        """What is left now.

        Raises:
            InputError: the file is no budget; it is left as it is.
        """
        return self._kept().at(self._now_s())

    def write(self, allowance: Allowance) -> None:
        """Set what may be spent from now on.

        Raises:
            OutputError: the file cannot be written.
        """
        self.update(lambda _: allowance)

    def update(self, change: Callable[[Allowance], Allowance]) -> None:
        """Set what may be spent from now on by what is left: no call is taken meanwhile. A damaged file sets no limit.

        Raises:
            OutputError: the file cannot be written.
        """
        self._change(change, is_anew=True)

    def state(self, *, input_tokens: int, output_tokens: int) -> BudgetState:
        """What the decision may know, for a call of at most so many tokens. A budget that cannot be read counts as spent."""
        try:
            kept, now_s = self._kept(), self._now_s()
            self._follow_clock(kept, now_s)
            return kept.at(now_s).state(input_tokens=input_tokens, output_tokens=output_tokens)
        except UpcallError:
            return SPENT

    def _follow_clock(self, kept: Allowance, now_s: float) -> None:
        """After the clock was set back, go on from now: a spent budget would else wait until the old time comes again."""
        if any(bucket and bucket.updated_at_s > now_s for bucket in (kept.calls, kept.money)):
            with suppress(OutputError):  # what is left can be told all the same
                self._change(lambda current: current)

    def reserve(self, *, input_tokens: int, output_tokens: int) -> float | None:
        """Take one call of at most so many tokens before it is made. A program that is killed before it settles has spent it.

        Returns:
            What was taken beside the call, in the currency of the budget; None where the budget is spent.

        Raises:
            InputError: the file is no budget.
            OutputError: the file cannot be written.
        """
        cost: float | None = None

        def take(kept: Allowance) -> Allowance:
            nonlocal cost
            state = kept.state(input_tokens=input_tokens, output_tokens=output_tokens)
            if state.is_spent:
                return kept
            cost = state.call_cost
            return kept.taken(calls=1, money=cost, now_s=self._now_s())

        if not self._path.exists():
            return 0.0
        self._change(take)
        return cost

    def settle(self, reserved: float, *, input_tokens: int, output_tokens: int) -> None:
        """The call of that reservation is over and took so many tokens: take what it cost in place of what was reserved.

        Raises:
            InputError, OutputError: as ``reserve``.
        """
        self._give_back(
            0, lambda kept: reserved - kept.prices.cost(input_tokens=input_tokens, output_tokens=output_tokens)
        )

    def release(self, reserved: float) -> None:
        """The call of that reservation brought nothing: it is given back.

        Raises:
            InputError, OutputError: as ``reserve``.
        """
        self._give_back(1, lambda _: reserved)

    def _give_back(self, calls: int, money: Callable[[Allowance], float]) -> None:
        if self._path.exists():
            self._change(lambda kept: kept.taken(calls=-calls, money=-money(kept), now_s=self._now_s()))

    def _change(self, change: Callable[[Allowance], Allowance], *, is_anew: bool = False) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self._path.with_suffix(".lock"), on_wait=lambda: None):
                try:
                    kept = self.read()
                except InputError:
                    if not is_anew:
                        raise
                    kept = Allowance()
                content = json.dumps({"version": _VERSION, **asdict(change(kept))}, indent=1) + "\n"
                write_atomically(self._path, content.encode(), is_private=True)
        except OSError as error:
            raise OutputError(f"The budget {self._path} cannot be written: {error.strerror}.") from None

    def _kept(self) -> Allowance:
        try:
            with self._path.open("rb") as file:
                content = file.read(_MOST_BYTES)
        except FileNotFoundError:
            return Allowance()
        except OSError as error:
            raise InputError(f"The budget {self._path} cannot be read: {error.strerror}.") from None
        try:
            return _parsed(json.loads(content))
        except (ValueError, TypeError, KeyError, RecursionError, InputError):
            raise InputError(
                f"{self._path} is no budget.", next_step="set it anew: upcall budget --calls-per-day 20"
            ) from None


def _parsed(given: Any) -> Allowance:
    if not isinstance(given, dict) or given.pop("version") != _VERSION:
        raise ValueError
    calls, money = given.pop("calls"), given.pop("money")
    return Allowance(
        calls=None if calls is None else Bucket(**calls),
        money=None if money is None else Bucket(**money),
        prices=CallPrices(**given.pop("prices")),
    )
