from __future__ import annotations

import pytest

from upcall.edge_runtime.redaction.rules import load_rules

LABELS = load_rules().labels


@pytest.mark.parametrize(
    ("label", "plain"),
    [
        ("phoneNumber", "phone Number"),
        ("SSN_No", "SSN No"),
        ("SSNs", "SSN"),
        ("**Phone** (home)", "Phone"),
        ("\\textbf{Passport}", "Passport"),
        ("user.phone", "user phone"),
        ("Patient IDs", "Patient IDs"),
        ("Телефон", "Телефон"),
        ("电话", "电话"),
        ("DB_PASSWORD", "DB PASSWORD"),
    ],
)
def test_labels_that_count(label: str, plain: str) -> None:
    assert LABELS.private(label) == plain


@pytest.mark.parametrize(
    "label",
    [
        "",
        "name",
        "phone count",
        "phone_verified_at",
        "call id",
        "office",
        "f(token",
        "a = token",
        "phone 2024-01",
        "x" * 99,
    ],
)
def test_labels_that_do_not(label: str) -> None:
    assert not LABELS.private(label)


def test_a_label_within_a_sentence() -> None:
    assert "phone" in LABELS.within("Here are all of the phone numbers that we have of the team")
    assert not LABELS.within("Here are all of the phone models that we have of the team")


def test_general_keys_take_the_name_above_them() -> None:
    assert LABELS.is_general("home_number")
    assert not LABELS.is_general("duration")
