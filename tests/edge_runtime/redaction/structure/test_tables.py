from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.edge_runtime.redaction.work import calls
from upcall.edge_runtime.redaction.detector import Detector
from upcall.edge_runtime.redaction.rules import load_rules
from upcall.edge_runtime.redaction.structure.lines import lines_of
from upcall.edge_runtime.redaction.structure.tables import table_columns


def columns(text: str) -> dict[str, list[str]]:
    found = table_columns(text, lines_of(text), load_rules().labels)
    return {column.label: [text[slice(*cell)] for cell in column.cells] for column in found}


@pytest.mark.parametrize(
    "text",
    [
        "name,phone\nann,1234\nbo,5678",
        "name;phone\r\nann;1234\r\nbo;5678\r\n",
        "name\tphone\nann\t1234\nbo\t5678",
        '"name","phone"\n"ann","1234"\n"bo","5678"',
        "| name | phone |\n|:--|--:|\n| ann | 1234 |\n| bo | 5678 |",
        "> name | phone\n> --- | ---\n> ann | 1234\n> bo | 5678",
        "||name||phone||\n|ann|1234|\n|bo|5678|",
        "name & phone \\\\\n\\hline\nann & 1234 \\\\\nbo & 5678",
        "name    phone\nann     1234\nbo      5678",
        "name phone\nann 1234\nbo 5678",
        "+------+-------+\n| name | phone |\n+------+-------+\n| ann  | 1234  |\n| bo   | 5678  |\n+------+-------+",
        "name,phone\nann,1234\n\nbo,5678",
        "Please look, this is it:\nname,phone\nann,1234\nbo,5678",
    ],
)
def test_cells_stand_under_their_head(text: str) -> None:
    assert columns(text)["phone"][-2:] == ["1234", "5678"]


def test_a_quoted_cell_may_hold_delimiters_and_line_ends() -> None:
    assert columns('note,phone\n"one, ""two""\nthree",1234\nx,5678')["phone"] == ["1234", "5678"]


def test_a_row_may_go_on_over_many_lines() -> None:
    text = 'name,note,phone,note\nann,"x\ny",1234,"x\ny"\nbo,"x\n\ny",5678,z\n'
    assert columns(text)["phone"] == ["1234", "5678"]


def test_an_open_quotation_mark_swallows_nothing() -> None:
    assert columns('note,phone\n"open,1234\nx,5678')["phone"] == ["1234", "5678"]


def test_a_row_with_a_cell_too_many_counts_from_both_ends() -> None:
    assert "1234" in columns("address,phone\n1 High St, Leeds,1234\nx,5678")["phone"]


def test_a_row_on_its_side_has_its_label_at_its_beginning() -> None:
    assert columns("| | ann | bo |\n|--|--|--|\n| phone | 1234 | 5678 |")["phone"] == ["1234", "5678"]


def test_a_dump_names_its_columns_before_its_rows() -> None:
    assert columns("COPY people (name, phone) FROM stdin;\nann\t1234\nbo\t5678\n\\.")["phone"] == ["1234", "5678"]


def test_prose_has_no_labels() -> None:
    assert set(columns("Call me, please, or write.\nI am at home, as ever, and wait.")) <= {""}


@pytest.mark.parametrize(
    "text_of",
    [
        lambda rows: "name,ssn\n" + "".join(f"u{row},{219_000_000 + row}\n" for row in range(rows)),
        lambda rows: "|---|\n" * rows,
        lambda rows: 'a,"x\n' + '",b,"x\n' * rows,
    ],
    ids=["rows", "drawn lines", "cells over line ends"],
)
def test_large_tables_take_work_in_proportion_to_their_length(text_of: Callable[[int], str]) -> None:
    def calls_for(rows: int) -> int:
        text = text_of(rows)
        lines, labels = lines_of(text), load_rules().labels
        return calls(lambda: list(table_columns(text, lines, labels)))

    calls_for(100)
    assert calls_for(2_000) < 6 * calls_for(400)


def test_each_value_of_a_long_column_is_found() -> None:
    text = "name,ssn\n" + "".join(f"u{row},{219_563_000 + row}\n" for row in range(1, 900))
    assert len(Detector().find(text)) == 899
