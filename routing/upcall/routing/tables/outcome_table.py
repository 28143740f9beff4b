"""What each tier answered to each query, how good that was and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError

COLLECT_AGAIN = "run `upcall route collect` again, it asks only what is missing"


class Split(StrEnum):
    """The use of a query. Thresholds are fitted on CALIBRATION and reported on TEST."""

    TRAIN = "train"
    CALIBRATION = "calibration"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeTable:
    """N queries answered by all of K tiers, the device first.

    Args:
        query_ids: [N], all different.
        tasks: [N] names.
        splits: [N] of ``Split``.
        tiers: [K] names, in the order of ``tier_index``.
        quality: [N, K] in [0, 1].
        cost: [N, K] ≥ 0, in one unit; see ``about``.
        prompts: [N] texts; None where they were not kept.
        answers: [N, K] texts or None.
        latency_ms, tokens_in, tokens_out: [N, K], nan where unknown.
        features: of each tier [N, F] float32, or None.
        feature_names: of each tier [F].
        private_tokens: [N] tokens of the prompt that are private, -1 where unknown.
        detected_private_tokens: [N] those of them that the detector found, -1 where unknown.
        about: where it comes from: models, recipe, unit of cost.
    """

    query_ids: tuple[str, ...]
    tasks: NDArray[np.str_]
    splits: NDArray[np.str_]
    tiers: tuple[str, ...]
    quality: NDArray[np.float64]
    cost: NDArray[np.float64]
    prompts: tuple[str | None, ...] = field(repr=False)
    answers: NDArray[np.object_] = field(repr=False)
    latency_ms: NDArray[np.float64] = field(repr=False)
    tokens_in: NDArray[np.float64] = field(repr=False)
    tokens_out: NDArray[np.float64] = field(repr=False)
    features: tuple[NDArray[np.float32] | None, ...] = field(repr=False)
    feature_names: tuple[tuple[str, ...], ...] = field(repr=False)
    private_tokens: NDArray[np.int64] = field(repr=False)
    detected_private_tokens: NDArray[np.int64] = field(repr=False)
    about: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.query_ids)

    def select(self, rows: NDArray[Any]) -> OutcomeTable:
        """The queries of a mask [N] bool, or of indices [M], in that order (an index may come twice: bootstrap)."""
        indices = np.flatnonzero(rows) if rows.dtype == bool else rows
        changed: dict[str, Any] = {
            "query_ids": tuple(self.query_ids[place] for place in indices),
            "prompts": tuple(self.prompts[place] for place in indices),
            "features": tuple(None if own is None else own[indices] for own in self.features),
        }
        kept = ("tiers", "feature_names", "about")
        for name in (one.name for one in fields(self)):
            if name not in changed and name not in kept:
                changed[name] = getattr(self, name)[indices]
        return replace(self, **changed)

    def split(self, split: Split, *, least: int = 0) -> OutcomeTable:
        """The queries of a split.

        Raises:
            InputError: there are fewer than ``least``.
        """
        found = self.select(self.splits == split)
        if len(found) < least:
            raise InputError(
                f"The table has {len(found) or 'no'} queries of the split {split}.", allowed=f"{least} or more"
            )
        return found

    def with_tiers(self, indices: Sequence[int]) -> OutcomeTable:
        """The same queries with some of the tiers, in that order; the first is then the device."""
        chosen = list(indices)
        changed = {name: getattr(self, name)[:, chosen] for name in _BY_TIER}
        return replace(
            self,
            tiers=tuple(self.tiers[place] for place in chosen),
            features=tuple(self.features[place] for place in chosen),
            feature_names=tuple(self.feature_names[place] for place in chosen),
            **changed,
        )


def joined(tables: Sequence[OutcomeTable]) -> OutcomeTable:
    """The queries of several tables one after another, the device alone; ids get the table's number before them.

    Raises:
        InputError: they are of different bundles, or have other features.
    """
    first = tables[0]
    if len(tables) == 1:
        return first
    for other in tables[1:]:
        of_bundle = [
            (one.about.get("model_revision"), one.about.get("recipe"), one.feature_names[0]) for one in (first, other)
        ]
        if of_bundle[0] != of_bundle[1]:
            raise InputError(
                "The tables are of different bundles, or have other features.", allowed="outcomes of one bundle"
            )
    devices = [one.with_tiers([0]) for one in tables]
    features = [one.features[0] for one in devices]
    together: dict[str, Any] = {
        "query_ids": tuple(f"{number}/{query}" for number, one in enumerate(tables) for query in one.query_ids),
        "prompts": tuple(prompt for one in tables for prompt in one.prompts),
        "tiers": devices[0].tiers,
        "feature_names": devices[0].feature_names,
        "features": (
            np.concatenate([own for own in features if own is not None]) if features[0] is not None else None,
        ),
        "about": first.about,
    }
    for name in (one.name for one in fields(OutcomeTable)):
        if name not in together:
            together[name] = np.concatenate([getattr(one, name) for one in devices])
    return checked(OutcomeTable(**together))


_BY_TIER = ("quality", "cost", "answers", "latency_ms", "tokens_in", "tokens_out")


def outcome_table(
    *,
    query_ids: Sequence[str],
    tiers: Sequence[str],
    quality: NDArray[Any],
    cost: NDArray[Any],
    splits: Sequence[str],
    tasks: Sequence[str] | None = None,
    prompts: Sequence[str | None] | None = None,
    answers: NDArray[np.object_] | None = None,
    features: Sequence[NDArray[np.float32] | None] | None = None,
    feature_names: Sequence[Sequence[str]] | None = None,
    about: dict[str, str] | None = None,
    **known: NDArray[Any],
) -> OutcomeTable:
    """A table from arrays, what is not given left unknown, checked as ``read_table`` checks.

    Raises:
        InputError: shapes differ, an id comes twice, a number is out of range.
    """
    n, k = len(query_ids), len(tiers)
    unknown = {name: np.full((n, k), np.nan) for name in ("latency_ms", "tokens_in", "tokens_out")}
    private = {name: np.full(n, -1, dtype=np.int64) for name in ("private_tokens", "detected_private_tokens")}
    return checked(
        OutcomeTable(
            query_ids=tuple(query_ids),
            tasks=np.array(tasks if tasks is not None else ["all"] * n, dtype=str),
            splits=np.array(splits, dtype=str),
            tiers=tuple(tiers),
            quality=np.asarray(quality, dtype=np.float64),
            cost=np.asarray(cost, dtype=np.float64),
            prompts=tuple(prompts) if prompts is not None else (None,) * n,
            answers=answers if answers is not None else np.full((n, k), None, dtype=object),
            features=tuple(features) if features is not None else (None,) * k,
            feature_names=tuple(map(tuple, feature_names)) if feature_names is not None else ((),) * k,
            about=about or {},
            **(unknown | private | known),
        )
    )


def checked(table: OutcomeTable) -> OutcomeTable:
    """The table itself, if it is usable.

    Raises:
        InputError: it is not; says which query and column.
    """
    n, k = len(table), len(table.tiers)
    for name in _BY_TIER:
        if getattr(table, name).shape != (n, k):
            raise InputError(f"The column {name} has the shape {getattr(table, name).shape}.", allowed=f"{(n, k)}")
    if len(set(table.query_ids)) < n:
        twice = next(one for place, one in enumerate(table.query_ids) if one in table.query_ids[:place])
        raise InputError(f"The query '{twice}' comes twice.", allowed="every query_id once a tier")
    if k < 1 or n < 1:
        raise InputError("The table is empty.", next_step=COLLECT_AGAIN)
    for name, low, high in (("quality", 0.0, 1.0), ("cost", 0.0, np.inf)):
        values = getattr(table, name)
        bad = ~(np.isfinite(values) & (values >= low) & (values <= high))
        if bad.any():
            row, tier = (int(place) for place in np.argwhere(bad)[0])
            raise InputError(
                f"The {name} of query '{table.query_ids[row]}' by {table.tiers[tier]} is {values[row, tier]}.",
                allowed="0 to 1" if name == "quality" else "0 or more",
            )
    for tier, own in enumerate(table.features):
        if own is not None and (own.shape != (n, len(table.feature_names[tier])) or not np.isfinite(own).all()):
            raise InputError(
                f"The features of {table.tiers[tier]} are not {len(table.feature_names[tier])} finite numbers a query.",
                next_step=COLLECT_AGAIN,
            )
    if unknown := sorted(set(table.splits.tolist()) - set(Split)):
        raise InputError(f"The split '{unknown[0]}' is unknown.", allowed=", ".join(Split))
    return table
