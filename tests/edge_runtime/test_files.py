"""The lock and the atomic write: what a kill, a second program or a full disk leaves behind."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from upcall.edge_runtime.files import locked, replacing, write_atomically


class _HeldError(Exception):
    pass


def _refuse() -> None:
    raise _HeldError


def test_a_second_holder_is_told_and_may_refuse(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "lock", on_wait=_refuse),
        pytest.raises(_HeldError),
        locked(tmp_path / "lock", on_wait=_refuse),
    ):
        pass
    with locked(tmp_path / "lock", on_wait=_refuse):
        pass


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, signal\n"
        "from upcall.edge_runtime.files import locked\n"
        f"with locked(pathlib.Path({str(tmp_path / 'lock')!r}), on_wait=lambda: None):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    with locked(tmp_path / "lock", on_wait=_refuse):
        pass


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing(path) as stream:
        stream.write(b"new")
        _ = 1 // 0
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize(("is_private", "expected"), [(True, 0o600), (False, 0o640)])
def test_mode(tmp_path: Path, is_private: bool, expected: int) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file", b"x", is_private=is_private)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == expected


def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_atomically(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_what_is_there_is_kept_where_it_may_not_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"first", may_replace=False)
    with pytest.raises(FileExistsError):
        write_atomically(path, b"second", may_replace=False)
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]
