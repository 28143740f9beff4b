"""What commands write: to the last byte, or an error that says why not."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from upcall.edge_runtime.errors import OutputError

_UNWRITABLE = {errno.ENOSPC, errno.EBADF, errno.EIO, errno.EFBIG, errno.EDQUOT, errno.EROFS}


def write(content: bytes) -> None:
    """Write bytes to standard output, as they are and at once.

    Raises:
        OutputError: they cannot be written.
        BrokenPipeError: nobody reads any more.
    """
    with unwritable_told():
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


@contextmanager
def unwritable_told() -> Iterator[None]:
    """An output that cannot be written becomes an ``OutputError``, in the block and where it is flushed after it."""
    if sys.stdout is None:
        raise OutputError("Standard output is closed.", next_step="give it a terminal, a pipe or a file")
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno not in _UNWRITABLE:
            raise
        if isinstance(error, ValueError) and not sys.stdout.closed:
            raise
        reason = error.strerror if isinstance(error, OSError) else "it is closed"
        drop_output()
        raise OutputError(
            f"The output cannot be written ({reason}).", next_step="make room, or write to another place"
        ) from None


def drop_output() -> None:
    """Send what is still buffered nowhere, so that the end of the program does not fail on it again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tolerate_terminals() -> None:
    """Write a character that the terminal's encoding lacks as an escape, in place of failing in mid-answer."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(AttributeError, ValueError):
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a text file here
