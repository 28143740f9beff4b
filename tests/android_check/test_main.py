from __future__ import annotations

import sys
from pathlib import Path

import pytest

from android.check.__main__ import main


def test_what_is_missing_is_told_and_ends_in_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["android.check"])
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    told = capsys.readouterr()
    assert f"no Java development kit in JAVA_HOME={tmp_path}" in told.err
    assert "Next: install a JDK 17" in told.err
    assert told.out == ""


def test_to_lock_and_to_format_are_two_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["android.check", "--lock", "--format"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
