"""Recorded outcomes become tables; files of another form are refused with the place, never with what is in them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from upcall.edge_runtime.errors import InputError
from upcall.routing.datasets.importing import (
    GPT4,
    MIXTRAL,
    PAIR_COSTS,
    SIX_COSTS,
    read_gsm8k,
    read_mmlu,
    read_wide_csv,
    splits_of,
)
from upcall.routing.tables.outcome_table import Split, read_table, write_table

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


def test_splits_are_seeded_and_keep_equal_prompts_together() -> None:
    keys = [f"prompt {row % 100}" for row in range(300)]
    splits = splits_of(keys, seed=1)
    assert splits == splits_of(keys, seed=1)
    assert splits != splits_of(keys, seed=2)
    assert all(len({splits[row], splits[row + 100], splits[row + 200]}) == 1 for row in range(100))
    assert [splits.count(own) for own in Split] == [120, 90, 90]
    for shares in ([0.5, 0.5, 0.5], [1.0, 0.0, 0.0], [0.5, 0.5]):
        with pytest.raises(InputError, match="sum to 1"):
            splits_of(keys, shares=shares)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five questions in the form of the public files."""
    (tmp_path / "routing/routellm/mmlu").mkdir(parents=True)
    (tmp_path / "tasks/gsm8k").mkdir(parents=True)
    systems = [MIXTRAL, GPT4]
    with (tmp_path / "routing/routellm/gsm8k_responses.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["prompt", *systems, *(f"{name}_response" for name in systems)])
        writer.writerows([f"How many, {row}?", row > 2, True, f" {row}\n", "5"] for row in range(5))
    solution = {"is_correct": False, "solution": "A: 1"}
    right = {"is_correct": True, "solution": "A: 2"}
    lines = [
        {
            "question": f"How many, {row}?",
            "6b_finetuning": solution,
            "175b_finetuning": solution,
            "6b_verification": right if row == 4 else solution,
            "175b_verification": right,
        }
        for row in reversed(range(5))
    ]
    (tmp_path / "tasks/gsm8k/example_model_solutions.jsonl").write_text("\n".join(map(json.dumps, lines)))
    for subject in ("anatomy", "logic"):
        rows = "\n".join(f'"{subject} {row}",{row > 0},True' for row in range(3))
        (tmp_path / f"routing/routellm/mmlu/mmlu_{subject}.csv").write_text(f"prompt,{MIXTRAL},{GPT4}\n{rows}\n")
    return tmp_path


def test_gsm8k_of_six_systems(data: Path) -> None:
    table = read_gsm8k(data)
    assert table.tiers == tuple(SIX_COSTS)
    assert table.quality.tolist() == [[0, 0, row == 4, 1, row > 2, 1] for row in range(5)]
    assert table.answers[4].tolist() == ["A: 1", "A: 1", "A: 2", "A: 2", " 4\n", "5"]
    assert table.cost[0].tolist() == [1, 2, 4, 8, 16, 32]
    assert "assumed" in table.about["cost_unit"]


def test_gsm8k_of_the_pair_needs_no_solutions(data: Path) -> None:
    (data / "tasks/gsm8k/example_model_solutions.jsonl").unlink()
    table = read_gsm8k(data, costs=PAIR_COSTS)
    assert table.tiers == (MIXTRAL, GPT4)
    assert "2406.18665" in table.about["cost_unit"]
    with pytest.raises(InputError, match="cannot be read"):
        read_gsm8k(data)


def test_mmlu(data: Path) -> None:
    table = read_mmlu(data, costs={GPT4: 3.0, MIXTRAL: 1.0})
    assert table.tiers == (GPT4, MIXTRAL)
    assert table.quality[:, 1].tolist() == [0, 1, 1, 0, 1, 1]
    assert table.tasks.tolist() == ["anatomy"] * 3 + ["logic"] * 3
    assert table.query_ids[3] == "logic-1"
    assert table.about["cost_unit"] == "as given at import"


def test_recorded_files_of_another_form(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no system 'gpt-5'"):
        read_mmlu(data, costs={"gpt-5": 1.0})
    solutions = data / "tasks/gsm8k/example_model_solutions.jsonl"
    solutions.write_text('{"question": "another", "6b_finetuning": {}}')
    with pytest.raises(InputError, match="not GSM8K's file"):
        read_gsm8k(data)
    solutions.write_text("")
    with pytest.raises(InputError, match=r"Row 1 .* has no example solution"):
        read_gsm8k(data)
    (data / "routing/routellm/mmlu/mmlu_logic.csv").write_text(f"question,{MIXTRAL},{GPT4}\na,1,1\n")
    with pytest.raises(InputError, match="lacks the column prompt"):
        read_mmlu(data)
    with pytest.raises(InputError, match="no files of MMLU"):
        read_mmlu(tmp_path / "tasks")
