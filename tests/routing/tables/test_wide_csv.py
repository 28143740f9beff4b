"""Recorded outcomes become tables; files of another form are refused with the place, never with what is in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from upcall.edge_runtime.errors import InputError
from upcall.routing.tables.outcome_table import Split
from upcall.routing.tables.parquet import read_table, write_table
from upcall.routing.tables.wide_csv import read_wide_csv

HEADER = (
    "query_id,task,prompt,quality.small,quality.large,cost.small,cost.large,answer.small,feature.post.mean_log_prob"
)
ROWS = [f'q{row},sums,"add, {row}",{row % 2},0.5,1,{10 + row},{row},-0.{row}' for row in range(1, 7)]


def write(folder: Path, *lines: str) -> Path:
    path = folder / "wide.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_wide_file(tmp_path: Path) -> None:
    table = read_wide_csv(write(tmp_path, HEADER, *ROWS), cost_unit="cents")
    assert table.tiers == ("small", "large")
    assert table.quality[:, 0].tolist() == [1, 0, 1, 0, 1, 0]
    assert table.cost[0].tolist() == [1, 11]
    assert table.prompts[1] == "add, 2"
    assert table.answers[0].tolist() == ["1", None]
    assert table.features[0] is not None
    assert table.features[0][2] == pytest.approx(-0.3)
    assert table.feature_names == (("post.mean_log_prob",), ())
    assert table.about == {"source": "wide.csv", "cost_unit": "cents"}
    assert set(table.splits.tolist()) == set(Split)
    write_table(table, tmp_path / "table.parquet")
    again = read_table(tmp_path / "table.parquet")
    np.testing.assert_array_equal(again.quality, table.quality)
    assert again.splits.tolist() == table.splits.tolist()


def test_costs_that_are_not_in_the_file_and_booleans(tmp_path: Path) -> None:
    path = write(tmp_path, "quality.a,quality.b,split,private_tokens", "True,false,train,3", "0,1,test,0")
    table = read_wide_csv(path, costs={"a": 1, "b": 2})
    assert table.quality.tolist() == [[1, 0], [0, 1]]
    assert table.cost.tolist() == [[1, 2], [1, 2]]
    assert table.query_ids == ("1", "2")
    assert table.private_tokens.tolist() == [3, 0]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["prompt", "hello"], "no column of quality"),
        (["quality.a,quality.b,cost.a", "1,1,1"], r"no column cost\.b"),
        (["quality.a,cost.a", "secret words,1"], r"Row 1 of wide\.csv has no number in the column quality\.a"),
        (["quality.a,cost.a", "1,1", "nan,1"], r"Row 2 of wide\.csv has no number"),
        (["quality.a,cost.a", "1,1", "1"], r"Row 2 of wide\.csv has 1 cells"),
        (["quality.a,cost.a", "1,1,secret words"], r"Row 1 of wide\.csv has 3 cells"),
        (["quality.a,cost.a"], "holds no queries"),
        ([""], "holds no queries"),
        (["quality.a,quality.a,cost.a", "1,1,1"], r"'quality\.a' twice"),
        (["quality.a,cost.a,cost.b", "1,1,1"], "no quality of the tier 'b'"),
        (["quality.a,cost.a,split", "1.5,1,train"], "quality of query '1' by a is 1.5"),
        (["quality.a,cost.a,split", "1,-1,train"], "cost of query '1' by a is -1"),
        (["quality.a,cost.a,split", "1,1,dev"], "split 'dev' is unknown"),
        (["query_id,quality.a,cost.a", "x,1,1", "x,0,1", "y,0,1", "z,1,1"], "'x' comes twice"),
        (["quality.a,cost.a", '"secret words,1'], "no CSV file"),
        (["quality.a,cost.a", "1,1", "1,1"], "too few for three splits"),
    ],
)
def test_other_forms_are_refused(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_wide_csv(write(tmp_path, *lines))
    assert "secret" not in str(caught.value)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    with pytest.raises(InputError, match="cannot be read"):
        read_wide_csv(path)
    path.write_bytes(b"quality.a,cost.a\n\xff\xfe,1\n")
    with pytest.raises(InputError, match="not UTF-8 at byte"):
        read_wide_csv(path)
