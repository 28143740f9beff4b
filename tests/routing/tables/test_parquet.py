"""What is written is read again, and files that are no tables are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from tests.routing.tables.small import table
from upcall.edge_runtime.errors import InputError
from upcall.routing.tables.parquet import read_table, write_table


def rows(path: Path) -> dict[str, list[Any]]:
    write_table(table(), path)
    read: dict[str, list[Any]] = parquet.read_table(path).to_pydict()
    return read


def write_rows(path: Path, columns: dict[str, list[Any]]) -> Path:
    parquet.write_table(pyarrow.table(columns), path)
    return path


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    wanted = table()
    write_table(wanted, tmp_path / "t.parquet")
    read = read_table(tmp_path / "t.parquet")
    assert (read.query_ids, read.tiers, read.prompts, read.feature_names, read.about) == (
        wanted.query_ids,
        wanted.tiers,
        wanted.prompts,
        wanted.feature_names,
        wanted.about,
    )
    for name in ("tasks", "splits", "quality", "cost", "latency_ms", "tokens_in", "private_tokens"):
        np.testing.assert_array_equal(getattr(read, name), getattr(wanted, name))
    np.testing.assert_array_equal(read.detected_private_tokens, wanted.detected_private_tokens)
    assert read.answers.tolist() == wanted.answers.tolist()
    assert read.features[0] is not None
    assert read.features[0].dtype == np.float32
    np.testing.assert_array_equal(read.features[0], wanted.features[0])
    assert read.features[1] is None
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"], "nothing half-written is left"


def test_rows_may_come_in_any_order_and_without_what_is_optional(tmp_path: Path) -> None:
    columns = rows(tmp_path / "t.parquet")
    required = ("query_id", "task", "tier", "tier_index", "quality", "cost", "split")
    shuffled = {name: [columns[name][place] for place in (5, 0, 3, 1, 4, 2)] for name in required}
    read = read_table(write_rows(tmp_path / "s.parquet", shuffled))
    assert (read.query_ids, read.tiers) == (("ü", "a", "b"), ("device", "large"))
    assert read.quality.tolist() == [[1, 0], [0, 1], [0.5, 1]]
    assert read.prompts == (None, None, None)
    assert read.private_tokens.tolist() == [-1, -1, -1]
    assert np.isnan(read.latency_ms).all()


def test_files_that_are_refused(tmp_path: Path) -> None:
    columns = rows(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="no outcome table at"):
        read_table(tmp_path / "absent.parquet")
    (tmp_path / "text.parquet").write_text("query_id,tier\n")
    with pytest.raises(InputError, match="no Parquet file"):
        read_table(tmp_path / "text.parquet")
    half = (tmp_path / "t.parquet").read_bytes()[:-40]
    (tmp_path / "half.parquet").write_bytes(half)
    with pytest.raises(InputError, match="no Parquet file"):
        read_table(tmp_path / "half.parquet")
    for changes, text in (
        ({name: values[:-1] for name, values in columns.items()}, "'ü' has no row for large"),
        ({name: [*values, values[0]] for name, values in columns.items()}, "'a' comes twice for device"),
        ({name: values for name, values in columns.items() if name != "cost"}, "lacks the column cost"),
        (columns | {"tier_index": [0, 2] * 3}, "The tiers are"),
        (columns | {"tier": ["device", "device"] * 3}, "The tiers are"),
        (columns | {"features": [[1.0], None, [1.0, 2.0], None, [1.0], None]}, "features of device are"),
        (columns | {"quality": [None, *columns["quality"][1:]]}, "is nan"),
    ):
        with pytest.raises(InputError, match=text):
            read_table(write_rows(tmp_path / "bad.parquet", changes))
    parquet.write_table(
        pyarrow.table(columns).replace_schema_metadata({"upcall.format": "upcall.outcomes.v9"}), tmp_path / "v9.parquet"
    )
    with pytest.raises(InputError, match=r"format upcall\.outcomes\.v9"):
        read_table(tmp_path / "v9.parquet")
