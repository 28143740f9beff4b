"""Outcome tables as Parquet files, one row a query and tier."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError, require
from upcall.edge_runtime.files import replacing
from upcall.routing.tables.outcome_table import COLLECT_AGAIN, OutcomeTable, outcome_table

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
        raise InputError(f"{path} is no Parquet file that can be read.", next_step=COLLECT_AGAIN) from error
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
        raise InputError(f"The query '{queries[query]}' has no row for {tiers[tier]}.", next_step=COLLECT_AGAIN)

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
