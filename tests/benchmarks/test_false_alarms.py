from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import false_alarms
from upcall.edge_runtime.redaction import Detector


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.json").write_text(json.dumps({"examples": [{"input": "age: 42", "n": 7}, {"input": "nothing"}]}))
    (tmp_path / "b.jsonl").write_text('{"question": "Who is ann@example.com?"}\n\n')
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper/c.txt").write_text("one\ntwo, 4111111111111111\n")
    (tmp_path / "LICENSE").write_text("ann@example.com")
    return tmp_path


def test_every_text_counts_once(folder: Path) -> None:
    found = false_alarms.search(folder, Detector(), show="EMAIL")
    assert found.texts == 5
    assert found.counts == {"AGE": 1, "EMAIL": 1, "CREDIT_CARD": 1}
    assert found.masked == 2 + 15 + 16
    assert len(found.shown) == 1 and "ann@example.com" in found.shown[0]


def test_table(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["false_alarms", str(folder)])
    false_alarms.main()
    assert "CREDIT_CARD" in capsys.readouterr().out


def test_broken_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.json").write_text("{")
    monkeypatch.setattr(sys, "argv", ["false_alarms", str(folder)])
    with pytest.raises(SystemExit, match="JSONDecodeError"):
        false_alarms.main()


def test_no_folder(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["false_alarms", "/nowhere/at/all"])
    with pytest.raises(SystemExit):
        false_alarms.main()
    assert "folder of texts" in capsys.readouterr().err
