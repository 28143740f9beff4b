from __future__ import annotations

import json
from pathlib import Path

import pytest

from android.check.errors import CheckError
from android.check.lock import likely_versions, refuse_leftovers, refuse_unlocked, write_lock
from android.check.resolver import Artefact

ONE = Artefact("g:one:1", Path("/cache/one.jar"), "11")
TWO = Artefact("g:two:1", Path("/cache/two.jar"), "22")


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "lock.json"
    write_lock(path, [TWO, ONE, ONE])
    return path


def test_it_holds_coordinates_and_hashes_in_order_and_no_place(lock: Path) -> None:
    assert list(json.loads(lock.read_text()).items()) == [("g:one:1", "11"), ("g:two:1", "22")]
    refuse_unlocked(lock, [ONE, TWO])
    refuse_leftovers(lock, [ONE, TWO])


def test_the_committed_lock_names_no_host() -> None:
    text = (Path(__file__).parents[2] / "android/check/lock.json").read_text()
    assert "//" not in text
    assert all(len(sha256) == 64 for sha256 in json.loads(text).values())


def test_a_difference_says_how_to_accept_it(lock: Path) -> None:
    other = Artefact(ONE.coordinate, ONE.path, "12")
    new = Artefact("g:three:1", ONE.path, "33")
    with pytest.raises(CheckError) as caught:
        refuse_unlocked(lock, [other, new, TWO])
    assert "g:one:1 has another SHA-256: 12" in str(caught.value)
    assert "g:three:1 is not in it" in str(caught.value)
    assert "make android-lock" in str(caught.value)
    assert "g:two:1" not in str(caught.value)
    with pytest.raises(CheckError, match="g:two:1 is no longer used"):
        refuse_leftovers(lock, [ONE])


def test_a_long_list_is_cut(lock: Path) -> None:
    with pytest.raises(CheckError, match="and 5 more"):
        refuse_unlocked(lock, [Artefact(f"g:new{number}:1", ONE.path, "0") for number in range(15)])


def test_no_lock_and_a_broken_one(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    with pytest.raises(CheckError, match="make android-lock"):
        refuse_unlocked(path, [ONE])
    path.write_text("{")
    with pytest.raises(CheckError, match="cannot be read"):
        refuse_unlocked(path, [ONE])


def test_likely_versions(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    assert likely_versions(path) == {}
    names = ("g:ui-android:aar:1.10", "g:ui-android:aar:1.9", "g:room-jvm:2")
    write_lock(path, [Artefact(name, Path(), "") for name in names])
    assert likely_versions(path) == {"g:ui-android": "1.10", "g:ui": "1.10", "g:room-jvm": "2", "g:room": "2"}
