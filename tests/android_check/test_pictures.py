from __future__ import annotations

import json
from pathlib import Path

import pytest

from android.check.errors import CheckError
from android.check.pictures import drawing, next_step, picture_options, refuse_undrawn


def draw(results: Path, name: str, kind: str = "unchanged") -> None:
    path = results / "results" / f"1_{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"golden_file_path": f"/docs/android/{name}.png", "type": kind}, separators=(",", ":")))


def test_only_classes_of_screenshots_draw() -> None:
    paths = [
        Path("a/ChatScreenshotsTest.kt"),
        Path("a/ScreenshotsTest.kt"),
        Path("a/ChatTest.kt"),
        Path("a/Screenshots.kt"),
    ]
    assert drawing(paths) == paths[:2]


def test_options_and_an_emptied_folder(tmp_path: Path) -> None:
    draw(tmp_path / "results", "old")
    assert picture_options(tmp_path / "results", is_recording=False) == [f"-Droborazzi.result.dir={tmp_path}/results"]
    assert list((tmp_path / "results").iterdir()) == []
    recording = picture_options(tmp_path / "results", is_recording=True)
    assert recording[1:] == ["-Droborazzi.test.record=true", "-Droborazzi.test.verify=false"]


def test_a_picture_that_no_test_draws_is_refused(tmp_path: Path) -> None:
    pictures, results = tmp_path / "pictures", tmp_path / "results"
    pictures.mkdir()
    for name in ("chat", "old"):
        (pictures / f"{name}.png").touch()
    draw(results, "chat")
    (results / "summary.json").write_text("[]")
    with pytest.raises(CheckError, match=r"no test draws old\.png"):
        refuse_undrawn(results, pictures)
    draw(results, "old")
    refuse_undrawn(results, pictures)


def test_what_to_do_about_changes(tmp_path: Path) -> None:
    draw(tmp_path, "chat")
    assert next_step(tmp_path) == ""
    draw(tmp_path, "why", "changed")
    assert "make android-screenshots" in next_step(tmp_path)
