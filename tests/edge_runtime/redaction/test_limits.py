from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from upcall.edge_runtime.errors import RedactionError
from upcall.edge_runtime.redaction import limits as limits_module
from upcall.edge_runtime.redaction.limits import limits

ROOT = Path(__file__).parents[3]
LIMITS = json.loads((ROOT / "proto/rules/limits.json").read_text())
SOURCES = [
    path.read_text(encoding="utf-8") for path in (ROOT / "edge_runtime/upcall/edge_runtime/redaction").rglob("*.py")
]


@pytest.mark.parametrize("subject", sorted(set(LIMITS) - {"comment"}))
def test_every_number_of_the_file_is_used(subject: str) -> None:
    (source,) = [source for source in SOURCES if f'limits("{subject}")' in source]
    assert set(re.findall(r'_LIMITS\["(\w+)"\]', source)) == set(LIMITS[subject])
    assert limits(subject) == LIMITS[subject]


def test_an_unknown_subject_fails_closed() -> None:
    with pytest.raises(RedactionError, match="cannot be read"):
        limits("comment")


def test_a_missing_file_fails_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> dict[str, object]:
        raise FileNotFoundError(name)

    monkeypatch.setattr(limits_module, "read_rules", missing)
    with pytest.raises(RedactionError, match="FileNotFoundError"):
        limits_module._read.__wrapped__()
