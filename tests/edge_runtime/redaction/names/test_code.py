from __future__ import annotations

import re

import pytest

from upcall.edge_runtime.redaction.names.code import CodeIdentifiers
from upcall.edge_runtime.redaction.names.rules import load_name_rules


def is_identifier(text: str, value: str) -> bool:
    start = text.rindex(value)
    return CodeIdentifiers(text, load_name_rules()).is_identifier(start, start + len(value))


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


def test_each_finding_is_judged_by_its_own_lines() -> None:
    text = "def f(x): kernel\nthe kernel\nkernel if a == b\na kernel"
    code = CodeIdentifiers(text, load_name_rules())
    starts = [match.start() for match in re.finditer("kernel", text)]
    assert [code.is_identifier(start, start + 6) for start in starts] == [True, False, True, False]
    assert code.is_identifier(starts[0], starts[1] + 6)
    assert not code.is_identifier(starts[1], starts[1] + 6)
