from __future__ import annotations

from upcall.edge_runtime.redaction.rules import load_rules
from upcall.edge_runtime.redaction.structure.reading import columns_of


def test_all_kinds_in_one_text() -> None:
    text = 'name,phone\na,12\nb,34\n\nPhones:\n- 56\n\n{"phone": ["78"]}\n\n<phone><n>90</n></phone>'
    found = columns_of(text, load_rules().labels)
    values = {text[slice(*cell)] for column in found if "hone" in column.label for cell in column.cells}
    assert {"12", "34", "56", "78", "90"} <= values
