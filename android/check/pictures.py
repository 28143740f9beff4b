"""Pictures of screens: tests compare what they draw with those of docs/android, or take them anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from android.check.errors import CheckError

CLASSES = r".*\.\w*ScreenshotsTest"
"""Names of the classes of tests that draw, with their packages."""
_RECORD = "make android-screenshots"


def drawing(sources: Sequence[Path]) -> list[Path]:
    """Of some sources the tests that draw."""
    return [path for path in sources if path.name.endswith("ScreenshotsTest.kt")]


def picture_options(results: Path, *, is_recording: bool) -> list[str]:
    """Of the virtual machine, which Roborazzi reads; its results go to an emptied folder."""
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    found = {"roborazzi.result.dir": str(results)}
    if is_recording:
        found |= {"roborazzi.test.record": "true", "roborazzi.test.verify": "false"}
    return [f"-D{name}={value}" for name, value in found.items()]


def refuse_undrawn(results: Path, pictures: Path) -> None:
    """Raise CheckError for pictures in a folder that no test has just drawn."""
    drawn = set()
    for path in results.glob("**/*.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(result, dict) and "golden_file_path" in result:
            drawn.add(Path(result["golden_file_path"]).name)
    if undrawn := sorted(path.name for path in pictures.glob("*.png") if path.name not in drawn):
        raise CheckError(f"no test draws {', '.join(undrawn)} of {pictures}", "delete the pictures that are not needed")


def next_step(results: Path) -> str:
    """What to do where tests failed: the pictures may be meant to differ."""
    changed = any('"changed"' in path.read_text(encoding="utf-8") for path in results.glob("**/*.json"))
    return f"look at android/build/screenshots; if the change is meant, `{_RECORD}` takes them anew" if changed else ""
