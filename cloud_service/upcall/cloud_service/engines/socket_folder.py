"""Private folders for the sockets that xllamacpp opens, and the removal of those that killed processes left behind.

The owner of a folder holds a lock on it, which the kernel frees when the process ends, even by kill -9: a folder whose lock
is free has no owner.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SOCKET = "llama.sock"
_ANY_PREFIX = "upcall-"
_PREFIX = "upcall-llama-"


@contextmanager
def socket_folder() -> Iterator[Path]:
    """Make a folder, and remove it at the end; yields the path that a socket may take in it.

    Raises:
        OSError: the folder cannot be made.
    """
    sweep()
    folder, handle = _made()
    try:
        yield folder / SOCKET
    finally:
        _remove(folder)
        os.close(handle)


def sweep() -> None:
    """Remove the folders of this user whose owners are dead. What cannot be removed stays."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_ANY_PREFIX}*"):
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                if _is_ours(folder, handle) and _locked(handle, waits=False):
                    _remove(folder)
            finally:
                os.close(handle)


def _made() -> tuple[Path, int]:
    """A new folder with its lock held. One that a sweep took before it was locked is made again."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        with suppress(FileNotFoundError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                _locked(handle, waits=True)
                if os.path.samestat(os.fstat(handle), folder.stat()):
                    return folder, handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)


def _is_ours(folder: Path, handle: int) -> bool:
    """Whether it is this user's and holds nothing but a socket. Other programs may use the shorter prefix."""
    names = os.listdir(handle)
    is_left_over = names == [SOCKET] or (not names and folder.name.startswith(_PREFIX))
    return is_left_over and os.fstat(handle).st_uid == os.getuid()


def _locked(handle: int, *, waits: bool) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _remove(folder: Path) -> None:
    with suppress(OSError):
        (folder / SOCKET).unlink(missing_ok=True)
        folder.rmdir()
