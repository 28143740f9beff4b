from __future__ import annotations

import pytest

from upcall.edge_runtime.redaction.names.code import CodeIdentifiers
from upcall.edge_runtime.redaction.names.rules import load_name_rules

CODE = CodeIdentifiers(load_name_rules())


def is_identifier(text: str, value: str) -> bool:
    start = text.rindex(value)
    return CODE.is_identifier(text, start, start + len(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("const apiKey = 1", "apiKey"),
        ("secret:prod/db-AbCdEf", "db-AbCdEf"),
        ("my-app-tls", "my-app-tls"),
        ("def user(params):", "params"),
        ("the params[0] of it", "params"),
        ("user.member is empty", "member"),
        ("if (a) { return kernel; }", "kernel"),
        ("x = Widget(1)", "Widget"),
        ("\\begin{theorem}", "theorem"),
    ],
)
def test_identifiers(text: str, value: str) -> None:
    assert is_identifier(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("let kowalczyk know", "kowalczyk"),
        ("from zbigniew kowalczyk", "kowalczyk"),
        ("author: kowalczyk; reviewer: nowak;", "nowak"),
        ("user=kowalczyk", "kowalczyk"),
        ('{"owner": "kowalczyk"};', "kowalczyk"),
        ("<td>kowalczyk</td>", "kowalczyk"),
        ("contact e.kowalczyk", "kowalczyk"),
        ("@kowalczykJR", "kowalczykJR"),
        ("signed deVries", "deVries"),
        ("I met Kowalczyk (today)", "Kowalczyk"),
    ],
)
def test_names(text: str, value: str) -> None:
    assert not is_identifier(text, value)
