from __future__ import annotations

import time

import pytest

from upcall.edge_runtime.redaction.rules import load_rules
from upcall.edge_runtime.redaction.structure.nested import nested_columns


def cells(text: str, label: str) -> list[str]:
    found = nested_columns(text, load_rules().labels)
    return [text[slice(*cell)] for column in found if column.label == label for cell in column.cells]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ('{"phones": ["12345", 67890]}', "phones"),
        ("phones = ['12345', '67890']", "phones"),
        ("phones: list[str] = [\n  '12345',\n  '67890',\n]", "phones"),
        ('String[] phones = new String[] {"12345", "67890"};', "phones"),
        ("phones <- c('12345', '67890')", "phones"),
        ('{"columns": ["name", "phone"], "data": [["ann", "12345"], ["bo", "67890"]]}', "phone"),
        ('{"data": [["ann", "12345"], ["bo", "67890"]], "columns": ["name", "phone"]}', "phone"),
        ('{"schema": {"fields": [{"name": "n"}, {"name": "phone"}]}, "rows": [["a", 12345], ["b", 67890]]}', "phone"),
        ('[["name", "phone"], ["ann", "12345"], ["bo", "67890"]]', "phone"),
        ("INSERT INTO t (name, phone) VALUES ('ann', '12345'),\n ('bo', '67890');", "phone"),
        ("SELECT * FROM t WHERE phone IN ('12345', '67890')", "phone"),
        ('{"phones": [{"number": "12345"}, {"number": "67890"}]}', "phones number"),
        ('[{"contact": {"phone": "12345"}}, {"contact": {"phone": "67890"}}]', "phone"),
    ],
)
def test_values_have_the_label_above_them(text: str, label: str) -> None:
    assert cells(text, label)[-2:] == ["12345", "67890"]


@pytest.mark.parametrize(
    "text",
    [
        "password: ${NAME_1}",
        "password: {{ vault_1 }}",
        "password = get_secret(name1)",
        "password = form['password1']",
        '{"phones": {"count": 12345}}',
        '{"phone_logs": [{"duration": 12345}]}',
    ],
)
def test_references_calls_and_measures_are_no_values(text: str) -> None:
    labels = load_rules().labels
    assert not [column for column in nested_columns(text, labels) if labels.private(column.label)]


@pytest.mark.parametrize("text", ["[" * 5000, "]" * 5000, '{"a": ' * 500, "'" * 999, "(,)" * 999, "a: [b: [c: "])
def test_what_is_not_closed_does_no_harm(text: str) -> None:
    assert all(
        0 <= low <= high <= len(text) for c in nested_columns(text, load_rules().labels) for low, high in c.cells
    )


@pytest.mark.parametrize("unit", ['\\"', "\\'\\\"", '""\\"'], ids=["double", "both", "pairs"])
@pytest.mark.parametrize("opening", ['["', "['", "['\""], ids=["double", "single", "both"])
def test_marks_behind_one_that_is_not_closed_are_not_searched_again(opening: str, unit: str) -> None:
    text = opening + unit * 20_000
    started = time.process_time()
    list(nested_columns(text, load_rules().labels))
    assert time.process_time() - started < 5  # measured below 0.2 s


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("""{"phone": 'it''s 12345'}""", ["it''s 12345"]),
        ("""{"note": "open \\"12\\", \n"phone": "12345"}""", ["12345"]),
        ("""{'note': 'open \\'12\\', \n'phone': '12345'}""", ["12345"]),
        ("""{"note": "open \\" , 'phone': '12345'}""", ["12345"]),
    ],
)
def test_a_mark_that_is_not_closed_hides_no_string_of_another(text: str, values: list[str]) -> None:
    assert cells(text, "phone") == values
