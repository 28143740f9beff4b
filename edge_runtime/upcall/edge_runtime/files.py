"""One lock and one atomic write, for every file that two programs may want at once or that a kill may cut off."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_POLL_S = 0.2
PRIVATE = 0o600
"""Mode of a file that only its owner may read and write."""


@contextmanager
def locked(path: Path, *, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold a lock. The kernel frees it when the process ends, even by kill -9.

    Args:
        path: of the lock file, made where it is missing and left behind, empty.
        on_wait: called once when another program holds the lock; what it raises ends the wait.

    Raises:
        OSError: the lock file cannot be made or opened.
    """
    import fcntl  # POSIX only, and all else of the package is not

    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        has_waited = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not has_waited:
                    on_wait()
                    has_waited = True
                time.sleep(_POLL_S)
        yield
    finally:
        os.close(handle)


@contextmanager
def replacing(path: Path, *, is_private: bool = False, may_replace: bool = True) -> Iterator[IO[bytes]]:
    """A file that takes the place of ``path`` in one step when the block ends well, and goes when it does not.

    Whatever happens, ``path`` is either what it was or what was written. Its target is replaced where it is a symbolic link.

    Args:
        path: of the file. Its folder must exist.
        is_private: mode 0600 in place of the file's own mode, or of a new file's usual one.
        may_replace: whether a file that is there already may be replaced.

    Raises:
        OSError: it cannot be written; FileExistsError where it is there and may not be replaced.
    """
    path = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)  # mode 0600
    growing = Path(name)
    try:
        with open(handle, "wb") as stream:  # noqa: PTH123 - a descriptor
            yield stream
            stream.flush()
            os.fsync(handle)
        if not is_private:
            growing.chmod(_usual_mode(path))
        if may_replace:
            growing.replace(path)
        else:
            path.hardlink_to(growing)
    finally:
        with suppress(OSError):
            growing.unlink()


def write_atomically(path: Path, content: bytes, *, is_private: bool = False, may_replace: bool = True) -> None:
    """Write the whole file in one step; see ``replacing``.

    Raises:
        OSError: as ``replacing``.
    """
    with replacing(path, is_private=is_private, may_replace=may_replace) as stream:
        stream.write(content)


def _usual_mode(path: Path) -> int:
    with suppress(OSError):
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
