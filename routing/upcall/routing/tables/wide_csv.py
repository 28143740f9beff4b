"""Outcomes in a CSV file with one row a query, as somebody else may have recorded them."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from upcall.edge_runtime.errors import InputError
from upcall.routing.tables.outcome_table import OutcomeTable, outcome_table
from upcall.routing.tables.splits import SHARES, splits_of

_ALLOWED_COLUMNS = (
    "quality.TIER and cost.TIER of each tier, the device first; if known query_id, task, prompt, split, private_tokens, "
    "detected_private_tokens, answer.TIER, and feature.NAME of the device"
)
_BOOLEANS = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True, slots=True)
class Columns:
    """A CSV file's names and rows, every row as wide as the names."""

    path: Path
    names: tuple[str, ...]
    rows: list[list[str]]

    def texts(self, name: str) -> list[str] | None:
        """[N], None where the file has no such column."""
        if name not in self.names:
            return None
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def numbers(self, name: str) -> list[float] | None:
        """[N] finite numbers, true and false as 1 and 0. The cell itself is not told: a shifted column may hold a prompt."""
        texts = self.texts(name)
        return None if texts is None else [self._number(one, name, row) for row, one in enumerate(texts, start=1)]

    def _number(self, text: str, name: str, row: int) -> float:
        try:
            value = _BOOLEANS.get(text.strip().lower())
            value = float(text) if value is None else value
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(
                f"Row {row} of {self.path.name} has no number in the column {name}.", allowed="a number, true or false"
            )
        return value

    def after(self, prefix: str) -> list[str]:
        """The rests of the names that begin with a prefix, in the file's order."""
        return [name.removeprefix(prefix) for name in self.names if name.startswith(prefix)]


def read_wide_csv(
    path: Path,
    *,
    costs: Mapping[str, float] | None = None,
    cost_unit: str = "",
    shares: Sequence[float] = SHARES,
    seed: int = 0,
) -> OutcomeTable:
    """A CSV file with one row a query, and a column of quality and one of cost for each tier.

    Args:
        path: UTF-8, a header first: ``quality.TIER`` in [0, 1] and ``cost.TIER`` ≥ 0 of each tier, the device first. If known
            ``query_id``, ``task``, ``prompt``, ``split``, ``private_tokens``, ``detected_private_tokens``, ``answer.TIER``, and
            ``feature.NAME`` of the device, such as ``feature.post.mean_log_prob``.
        costs: of tiers without a column, the same for every query.
        cost_unit: written into the table.
        shares, seed: of the splits, where there is no column ``split``; see ``splits_of``.

    Raises:
        InputError: the file is not of that form; the row and the column are told, no cell.
    """
    given = read_columns(path)
    tiers = given.after("quality.")
    if not tiers:
        raise InputError(f"{path} has no column of quality.", allowed=_ALLOWED_COLUMNS)
    fixed = dict(costs or {})
    known = {*tiers, *given.after("cost.")}
    for name in (*fixed, *given.after("cost."), *given.after("answer.")):
        if name not in tiers:
            raise InputError(
                f"There is no quality of the tier '{name[:40]}'.", allowed=", ".join(sorted(known & set(tiers)))
            )
    quality, cost = [], []
    for tier in tiers:
        quality.append(given.numbers(f"quality.{tier}") or [])
        own = given.numbers(f"cost.{tier}")
        if own is None and tier not in fixed:
            raise InputError(f"{path} has no column cost.{tier}.", allowed=f"that column, or --cost {tier}=NUMBER")
        cost.append(own if own is not None else [fixed[tier]] * len(given.rows))
    prompts = given.texts("prompt")
    ids = given.texts("query_id") or [str(row) for row in range(1, len(given.rows) + 1)]
    names = given.after("feature.")
    features = np.array([given.numbers(f"feature.{name}") for name in names], dtype=np.float32).T if names else None
    unknown: list[str | None] = [None] * len(given.rows)
    answers = [given.texts(f"answer.{tier}") or unknown for tier in tiers]
    counts = {
        name: np.array(own, dtype=np.int64)
        for name in ("private_tokens", "detected_private_tokens")
        if (own := given.numbers(name)) is not None
    }
    return outcome_table(
        query_ids=ids,
        tiers=tiers,
        quality=np.array(quality).T,
        cost=np.array(cost).T,
        splits=given.texts("split") or splits_of(prompts or ids, shares=shares, seed=seed),
        tasks=given.texts("task"),
        prompts=prompts,
        answers=np.array(answers, dtype=object).T,
        features=[features, *[None] * (len(tiers) - 1)],
        feature_names=[names, *[[]] * (len(tiers) - 1)],
        about={"source": path.name, "cost_unit": cost_unit or "not said"},
        **counts,
    )


def read_columns(path: Path) -> Columns:
    """Read a CSV file whose first row names the columns.

    Raises:
        InputError: it is not of that form; the row is told, no cell.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            names = tuple(next(reader, ()))
            rows = [row for row in reader if row]
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 at byte {error.start}.", next_step="convert it, for example with iconv"
        ) from None
    except csv.Error:
        raise InputError(
            f"{path} is no CSV file that can be read.", allowed="commas, and double quotes that close"
        ) from None
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{path} has the column '{twice[0][:40]}' twice.", allowed="every column once")
    if not rows:
        raise InputError(f"{path} holds no queries.", allowed="a header, and a row a query")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise InputError(
                f"Row {number} of {path.name} has {len(row)} cells.", allowed=f"{len(names)}, as the header"
            )
    return Columns(path, names, rows)
