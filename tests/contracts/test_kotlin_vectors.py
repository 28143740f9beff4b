"""Every suite of proto/vectors, and every list in it, is run in Kotlin too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITES = sorted((ROOT / "proto/vectors").glob("*.json"))
OF_THE_SERVICE = {("wire", "refused_requests"), ("wire", "refusals")}
"""What the service refuses; only Python serves."""


@pytest.fixture(scope="module")
def sources() -> str:
    tests = sorted((ROOT / "android").glob("*/src/test/kotlin/**/*.kt"))
    assert tests
    return "\n".join(path.read_text(encoding="utf-8") for path in tests)


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.stem)
def test_every_list_is_run_in_kotlin(suite: Path, sources: str) -> None:
    content = json.loads(suite.read_text(encoding="utf-8"))
    lists = {name for name, value in content.items() if isinstance(value, list)}
    assert lists
    missing = {name for name in lists if f'"{name}"' not in sources} - {
        name for stem, name in OF_THE_SERVICE if stem == suite.stem
    }
    assert not missing
    assert f'"{suite.stem}"' in sources or f"{suite.stem}.json" in sources
