from __future__ import annotations

import pytest

from upcall.edge_runtime.redaction.rules import load_rules
from upcall.edge_runtime.redaction.structure.lines import lines_of
from upcall.edge_runtime.redaction.structure.lists import list_columns


def columns(text: str) -> list[tuple[str, list[str]]]:
    found = list_columns(text, lines_of(text), load_rules().labels)
    return [(column.label, [text[slice(*cell)] for cell in column.cells]) for column in found]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Phones:\n- 12345\n- 67890", "Phones"),
        ("## Phones\n\n1. 12345\n2. 67890", "Phones"),
        ("**Phones:**\n* 12345\n* 67890", "Phones"),
        ("> Phones:\n> • 12345\n> • 67890", "Phones"),
        ("Phones\n12345\n67890", "Phones"),
        ("phones:\n  values:\n    - 12345\n    - 67890", "phones"),
        ("[phones]\n12345\n67890", "phones"),
        ("These are the phones of us:\n\n12345\n67890", "These are the phones of us"),
        ("Phones: 12345, 67890", "Phones"),
        ("Phones: 12345 and 67890.", "Phones"),
        ("The phone numbers are 12345; 67890", "The phone numbers"),
        ("Phones: 12345 67890", "Phones"),
    ],
)
def test_items_have_their_label(text: str, label: str) -> None:
    assert columns(text) == [(label, ["12345", "67890"])]


def test_another_label_ends_a_list() -> None:
    assert columns("Phones:\n- 12345\nPrices:\n- 67890") == [("Phones", ["12345"]), ("Prices", ["67890"])]


def test_a_sentence_ends_a_list_of_plain_lines() -> None:
    text = "Phones:\n12345\n67890\n\n" + "This goes on with something else, and it is far too long for a value. " * 2
    assert columns(text) == [("Phones", ["12345", "67890"])]


def test_values_without_a_label_belong_together() -> None:
    assert columns("12345\n67890\n") == [("", ["12345", "67890"])]
