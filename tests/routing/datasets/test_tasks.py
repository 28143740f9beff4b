from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.routing.data import write_data
from upcall.edge_runtime.conversation import Role
from upcall.edge_runtime.errors import InputError
from upcall.routing.datasets.grading import grade
from upcall.routing.datasets.tasks import TASKS, load_queries
from upcall.routing.tables.outcome_table import Split


def test_every_task_has_an_instruction_examples_and_a_question(tmp_path: Path) -> None:
    queries = load_queries(TASKS, data=write_data(tmp_path), count=5, seed=0)
    assert Counter(query.task for query in queries) == dict.fromkeys(TASKS, 5) | {"gsm8k": 5}
    for query in queries:
        roles = [message.role for message in query.messages]
        assert roles[0] is Role.SYSTEM
        assert roles[-1] is Role.USER
        assert roles[1:-1] == [Role.USER, Role.ASSISTANT] * (len(roles) // 2 - 1)
        assert grade(query.task, query.answer, query.answer) == 1
        assert grade(query.task, "mumble", query.answer) == 0
        shown = [message.content for message in query.messages[1:-1:2]]
        assert query.task in ("sst2", "trec", "boolq", "gsm8k") or query.prompt not in shown, (
            "no question is an example"
        )


def test_what_is_private_is_marked_in_the_question(tmp_path: Path) -> None:
    for query in load_queries(["extraction"], data=write_data(tmp_path), count=8, seed=1):
        assert query.private_spans is not None
        assert [query.prompt[start:end] for start, end in query.private_spans] == [query.answer]


def test_more_questions_are_the_same_and_others(tmp_path: Path) -> None:
    few = load_queries(["addition"], data=tmp_path, count=10, seed=3)
    many = load_queries(["addition"], data=tmp_path, count=500, seed=3)
    assert many[:10] == few
    assert len({query.query_id for query in many}) == len({query.prompt for query in many}) == 500
    assert load_queries(["addition"], data=tmp_path, count=10, seed=4) != few
    shares = Counter(query.split for query in many)
    assert shares == {Split.TRAIN: 200, Split.TEST: 200, Split.CALIBRATION: 100}


def test_data_that_are_missing_or_strange(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="task 'poetry' is unknown"):
        load_queries(["poetry"], data=tmp_path, count=1, seed=0)
    with pytest.raises(InputError, match="data of the task sst2 are not there"):
        load_queries(["sst2"], data=tmp_path, count=1, seed=0)
    data = write_data(tmp_path / "data")
    (data / "tasks/gsm8k/test.jsonl").write_text('{"question": "secret"}\n')
    with pytest.raises(InputError, match="not as expected") as caught:
        load_queries(["gsm8k"], data=data, count=1, seed=0)
    assert "secret" not in str(caught.value)


def test_varied_wording_is_each_questions_own_and_changes_no_question(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    usual = load_queries(TASKS, data=data, count=6, seed=0)
    varied = load_queries(TASKS, data=data, count=6, seed=0, is_varied=True)
    assert [(one.query_id, one.prompt, one.answer, one.split) for one in usual] == [
        (one.query_id, one.prompt, one.answer, one.split) for one in varied
    ]
    assert len({one.messages[:-1] for one in usual}) == len(TASKS)
    assert len({one.messages[:-1] for one in varied}) > 3 * len(TASKS)
    assert {one.messages[0].role for one in varied} == {Role.SYSTEM, Role.USER}, "some have no instruction"
    assert load_queries(["sst2"], data=data, count=2, seed=0, is_varied=True) == varied[:2]
