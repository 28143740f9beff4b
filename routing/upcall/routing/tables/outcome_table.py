"""What each tier answered to each query, how good that was and what it cost: a Parquet file, one row a query and tier."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError, require
from upcall.edge_runtime.files import replacing

FORMAT = "upcall.outcomes.v1"
_FORMAT_KEY, _NAMES_KEY, _ABOUT_KEY = b"upcall.format", b"upcall.feature_names", b"upcall.about"
_REQUIRED = ("query_id", "task", "tier", "tier_index", "quality", "cost", "split")
_OPTIONAL = (
    "prompt",
    "answer",
    "latency_ms",
    "tokens_in",
    "tokens_out",
    "features",
    "private_tokens",
    "detected_private_tokens",
)
_COLLECT_AGAIN = "run `upcall route collect` again, it asks only what is missing"


class Split(StrEnum):
    """What a query is for. Thresholds are fitted on CALIBRATION and reported on TEST."""

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

    def split(self, split: Split) -> OutcomeTable:
        """The queries that are for that."""
        return self.select(self.splits == split)

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
    """The table, if it is usable.

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
        raise InputError("The table is empty.", next_step=_COLLECT_AGAIN)
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
                next_step=_COLLECT_AGAIN,
            )
    if unknown := sorted(set(table.splits.tolist()) - set(Split)):
        raise InputError(f"The split '{unknown[0]}' is unknown.", allowed=", ".join(Split))
    return table


def write_table(table: OutcomeTable, path: Path) -> None:
    """Write a Parquet file in place of what is there, whole or not at all."""
    pyarrow = require("pyarrow", extra="routing")
    parquet = require("pyarrow.parquet", extra="routing")
    n, k = len(table), len(table.tiers)

    def known(values: NDArray[np.float64]) -> list[float | None]:
        return [None if np.isnan(one) else float(one) for one in values.ravel()]

    def each_tier(values: Sequence[Any]) -> list[Any]:
        return [one for one in values for _ in range(k)]

    features = [None if own is None else own[row].tolist() for row in range(n) for own in table.features]
    private = {name: [None if one < 0 else int(one) for one in getattr(table, name)] for name in _OPTIONAL[-2:]}
    columns = {
        "query_id": pyarrow.array(each_tier(table.query_ids), pyarrow.string()),
        "task": pyarrow.array(each_tier(table.tasks.tolist()), pyarrow.string()),
        "prompt": pyarrow.array(each_tier(table.prompts), pyarrow.string()),
        "tier": pyarrow.array(list(table.tiers) * n, pyarrow.string()),
        "tier_index": pyarrow.array(list(range(k)) * n, pyarrow.int32()),
        "answer": pyarrow.array(table.answers.ravel().tolist(), pyarrow.string()),
        "quality": pyarrow.array(table.quality.ravel(), pyarrow.float64()),
        "cost": pyarrow.array(table.cost.ravel(), pyarrow.float64()),
        "latency_ms": pyarrow.array(known(table.latency_ms), pyarrow.float64()),
        "tokens_in": pyarrow.array(known(table.tokens_in), pyarrow.float64()),
        "tokens_out": pyarrow.array(known(table.tokens_out), pyarrow.float64()),
        "features": pyarrow.array(features, pyarrow.list_(pyarrow.float32())),
        **{name: pyarrow.array(each_tier(values), pyarrow.int64()) for name, values in private.items()},
        "split": pyarrow.array(each_tier(table.splits.tolist()), pyarrow.string()),
    }
    metadata = {
        _FORMAT_KEY: FORMAT,
        _NAMES_KEY: json.dumps(dict(zip(table.tiers, table.feature_names, strict=True))),
        _ABOUT_KEY: json.dumps(table.about),
    }
    with replacing(path) as stream:
        parquet.write_table(pyarrow.table(columns).replace_schema_metadata(metadata), stream, compression="zstd")


def read_table(path: Path) -> OutcomeTable:
    """Read and check a Parquet file.

    Raises:
        InputError: it is no outcome table, a query lacks a tier or has one twice, or a number is out of range.
        MissingExtraError: pyarrow is not installed.
    """
    pyarrow = require("pyarrow", extra="routing")
    parquet = require("pyarrow.parquet", extra="routing")
    if not path.is_file():
        raise InputError(
            f"There is no outcome table at {path}.", next_step="make one with `upcall route collect` or import"
        )
    try:
        read = parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path} is no Parquet file that can be read.", next_step=_COLLECT_AGAIN) from error
    if missing := [name for name in _REQUIRED if name not in read.column_names]:
        raise InputError(f"{path} lacks the column {missing[0]}.", allowed=", ".join((*_REQUIRED, *_OPTIONAL)))
    metadata = read.schema.metadata or {}
    if metadata.get(_FORMAT_KEY, FORMAT.encode()) != FORMAT.encode():
        raise InputError(f"{path} has the format {metadata[_FORMAT_KEY].decode()[:40]}.", allowed=FORMAT)
    names = json.loads(metadata.get(_NAMES_KEY, b"{}"))
    about = json.loads(metadata.get(_ABOUT_KEY, b"{}"))
    return _assembled({name: read.column(name).to_pylist() for name in read.column_names}, names, about)


def _assembled(columns: dict[str, list[Any]], names: dict[str, list[str]], about: dict[str, str]) -> OutcomeTable:
    """Rows in any order to arrays."""
    rows = len(columns["query_id"])
    pairs = sorted(set(zip(columns["tier_index"], columns["tier"], strict=True)), key=str)
    tiers = [name for _, name in sorted(pairs, key=lambda pair: int(pair[0]))]
    if sorted(int(index) for index, _ in pairs) != list(range(len(tiers))) or len(set(tiers)) < len(tiers):
        raise InputError(f"The tiers are {pairs}.", allowed="indices 0, 1, …, each with one name")
    queries = list(dict.fromkeys(columns["query_id"]))
    place = {query: number for number, query in enumerate(queries)}
    where = np.full((len(queries), len(tiers)), -1)
    for row in range(rows):
        query, tier = place[columns["query_id"][row]], int(columns["tier_index"][row])
        if where[query, tier] >= 0:
            raise InputError(f"The query '{queries[query]}' comes twice for {tiers[tier]}.", allowed="once")
        where[query, tier] = row
    if (where < 0).any():
        query, tier = (int(one) for one in np.argwhere(where < 0)[0])
        raise InputError(f"The query '{queries[query]}' has no row for {tiers[tier]}.", next_step=_COLLECT_AGAIN)

    def numbers(name: str) -> NDArray[np.float64]:
        given = columns.get(name) or [None] * rows
        return np.asarray(np.array([np.nan if one is None else float(one) for one in given])[where])

    def texts(name: str) -> list[Any]:
        given = columns.get(name) or [None] * rows
        return [given[row] for row in where[:, 0]]

    def counts(name: str) -> NDArray[np.int64]:
        return np.array([-1 if one is None else int(one) for one in texts(name)], dtype=np.int64)

    given = columns.get("features") or [None] * rows
    features = [_features([given[row] for row in where[:, tier]], tiers[tier]) for tier in range(len(tiers))]
    feature_names = [
        tuple(names.get(tier) or (f"f{place}" for place in range(0 if own is None else own.shape[1])))
        for tier, own in zip(tiers, features, strict=True)
    ]
    answers = np.array(columns.get("answer") or [None] * rows, dtype=object)[where]
    return outcome_table(
        query_ids=queries,
        tasks=texts("task"),
        splits=texts("split"),
        tiers=tiers,
        quality=numbers("quality"),
        cost=numbers("cost"),
        prompts=texts("prompt"),
        answers=answers,
        features=features,
        feature_names=feature_names,
        about=about,
        latency_ms=numbers("latency_ms"),
        tokens_in=numbers("tokens_in"),
        tokens_out=numbers("tokens_out"),
        private_tokens=counts("private_tokens"),
        detected_private_tokens=counts("detected_private_tokens"),
    )


def _features(given: list[list[float] | None], tier: str) -> NDArray[np.float32] | None:
    if all(one is None for one in given):
        return None
    lengths = {0 if one is None else len(one) for one in given}
    if len(lengths) > 1:
        raise InputError(f"The features of {tier} are {sorted(lengths)} numbers.", allowed="as many for every query")
    return np.array(given, dtype=np.float32)
