from __future__ import annotations

import time

from upcall.edge_runtime.redaction.rules import load_rules
from upcall.edge_runtime.redaction.structure.reading import columns_of


def test_all_kinds_in_one_text() -> None:
    text = 'name,phone\na,12\nb,34\n\nPhones:\n- 56\n\n{"phone": ["78"]}\n\n<phone><n>90</n></phone>'
    found = columns_of(text, load_rules().labels)
    values = {text[slice(*cell)] for column in found if "hone" in column.label for cell in column.cells}
    assert {"12", "34", "56", "78", "90"} <= values


def test_quotation_marks_count_with_the_backslashes_before_them() -> None:
    text = r'{"a": "{\"phone\": \"12\", \"b\": \"{\\\"phone\\\": \\\"34\\\"}\"}"}'
    found = columns_of(text, load_rules().labels)
    values = {text[slice(*cell)] for column in found if column.label == "phone" for cell in column.cells}
    assert {value.rstrip("\\") for value in values} == {"12", "34"}


def test_a_long_row_of_backslashes_is_read_once() -> None:
    text = '\\"' + "\\" * 100_000
    started = time.process_time()
    columns_of(text, load_rules().labels)
    assert time.process_time() - started < 5  # measured below 0.1 s
