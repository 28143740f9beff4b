"""``upcall budget``: what may be spent on calls."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, replace
from typing import Annotated

import typer

from upcall.edge_runtime.budget import Allowance, Budget, default_budget_path
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.decision.budget import Bucket, CallPrices
from upcall.edge_runtime.errors import InputError

app = command_app()
_PRICES = "per_call", "per_million_input_tokens", "per_million_output_tokens"


@app.command(
    help=help_with_examples(
        "Show or set what may be spent on calls. It refills evenly over a day; when it is spent, the device answers. Without "
        "options it shows what is left.",
        "upcall budget",
        "upcall budget --calls-per-day 20",
        "upcall budget --money-per-day 0.50 --price-per-million-input-tokens 0.25 --price-per-million-output-tokens 2",
        "upcall budget --unlimited",
    )
)
def budget(
    calls_per_day: Annotated[float | None, typer.Option(min=0.0, help="Calls that a day may have.")] = None,
    money_per_day: Annotated[
        float | None, typer.Option(min=0.0, help="What a day may cost, in the currency of the prices.")
    ] = None,
    price_per_call: Annotated[float | None, typer.Option(min=0.0, help="What each call costs.")] = None,
    price_per_million_input_tokens: Annotated[float | None, typer.Option(min=0.0, help="What prompts cost.")] = None,
    price_per_million_output_tokens: Annotated[float | None, typer.Option(min=0.0, help="What answers cost.")] = None,
    unlimited: Annotated[bool, typer.Option("--unlimited", help="Set no limit any more.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Set what was given, then show what is left."""
    kept = Budget(default_budget_path())
    given = (price_per_call, price_per_million_input_tokens, price_per_million_output_tokens)
    is_change = any(value is not None for value in (calls_per_day, money_per_day, *given))
    if unlimited and is_change:
        raise InputError("--unlimited was given with a limit or a price.", allowed="one of them")
    if unlimited:
        kept.write(Allowance())
    elif is_change:
        now_s = time.time()
        prices = {name: value for name, value in zip(_PRICES, given, strict=True) if value is not None}
        kept.update(
            lambda before: replace(
                before,
                calls=before.calls if calls_per_day is None else Bucket.full(calls_per_day, now_s=now_s),
                money=before.money if money_per_day is None else Bucket.full(money_per_day, now_s=now_s),
                prices=replace(before.prices, **prices),
            )
        )
    left = kept.read()
    sys.stdout.write(f"{json.dumps(asdict(left)) if as_json else _described(left)}\n")


def _described(left: Allowance) -> str:
    lines = []
    if left.calls is not None:
        lines.append(f"calls   {left.calls.left:,.1f} left of {left.calls.per_day:,g} a day")
    if left.money is not None:
        lines.append(f"money   {left.money.left:,.4g} left of {left.money.per_day:,g} a day")
    if left.prices != CallPrices():
        prices = left.prices
        lines.append(
            f"prices  {prices.per_call:g} a call, {prices.per_million_input_tokens:g} per million input tokens, "
            f"{prices.per_million_output_tokens:g} per million output tokens"
        )
    return "\n".join(lines) or "No limit is set."
