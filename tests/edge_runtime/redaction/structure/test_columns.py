from __future__ import annotations

from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.rules import load_rules
from upcall.edge_runtime.redaction.structure.columns import Column, Siblings, labelled

TEXT = "phone id 12345 67890 x,y"
CELLS = [(9, 14), (15, 20), (21, 24)]
SIBLINGS = Siblings(frozenset([EntityType.PHONE]), fewest=2, share=0.5)


def test_the_copy_leads_back_to_the_values() -> None:
    copy = labelled(TEXT, [Column("user_phoneNumbers", CELLS)], load_rules().labels)
    assert copy is not None
    assert copy.text.split("\n")[:3] == [
        "user phone Number: 12345",
        "user phone Number: 67890",
        'user phone Number: "x,y"',
    ]
    for low, high in CELLS:
        at = copy.text.index(TEXT[low:high])
        assert copy.original(at, at + high - low) == (low, high)
        assert copy.original(at - 4, at + 2) == (low, low + 2)
    assert copy.original(0, 5) is None


def test_known_values_and_other_labels_make_no_copy() -> None:
    labels = load_rules().labels
    assert labelled(TEXT, [Column("phone", CELLS)], labels, known=set(CELLS)) is None
    assert labelled(TEXT, [Column("price", CELLS), Column("", CELLS), Column("phone count", CELLS)], labels) is None


def test_siblings_have_the_shape_and_are_found_for_a_share() -> None:
    text = "11 22 33 4 aa"
    cells = [(0, 2), (3, 5), (6, 8), (9, 10), (11, 13)]
    known = {(0, 2): EntityType.PHONE, (3, 5): EntityType.PHONE}
    assert list(SIBLINGS.found(text, [Column("", cells)], known)) == [(6, 8, EntityType.PHONE)]
    assert not list(SIBLINGS.found(text, [Column("", cells)], {(0, 2): EntityType.PHONE}))
    assert not list(SIBLINGS.found(text, [Column("", cells)], dict.fromkeys(known, EntityType.AGE)))
