from __future__ import annotations

import pytest

from upcall.edge_runtime.redaction.structure.lines import lines_of


def test_lines_lose_marks_of_quotation_and_keep_their_place() -> None:
    text = "> > a b \r\n\tc\n\n"
    assert [(text[line.low : line.high], line.text) for line in lines_of(text)] == [
        ("a b", "a b"), ("c", "c"), ("", ""), ("", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line", ["---", "|---|:--:|", "+====+====+", "├────┼────┤", "\\hline", "----  -----", "====  ===="]
)
def test_rules(line: str) -> None:
    assert lines_of(line)[0].is_rule


@pytest.mark.parametrize("line", ["a", "- a", "12", "-", "--x", "1-2"])
def test_no_rules(line: str) -> None:
    assert not lines_of(line)[0].is_rule
