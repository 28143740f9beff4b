"""RouteLLM's records become tables; files of another form are refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from upcall.edge_runtime.errors import InputError
from upcall.routing.datasets.routellm import GPT4, MIXTRAL, PAIR_COSTS, SIX_COSTS, read_gsm8k, read_mmlu


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
