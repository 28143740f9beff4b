"""Files that cannot be written become an error that says so, with an exit code of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upcall.edge_runtime.errors import OutputError

_NEXT = "make room, or choose another --out"


@contextmanager
def unwritable(path: Path) -> Iterator[None]:
    """Tell what kept a file or folder from being written; hold nothing but the writing in the block.

    Raises:
        OutputError: the system refused.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror or error}).", next_step=_NEXT) from None


def check_file(path: Path) -> None:
    """Refuse a file that cannot be written, before anything is worked out.

    Raises:
        OutputError: its folder is not there, or a folder is in its place.
    """
    if path.is_dir():
        raise OutputError(f"{path} cannot be written: it is a folder.", next_step="name a file with --out")
    if not path.parent.is_dir():
        raise OutputError(f"{path} cannot be written: there is no folder {path.parent}.", next_step="make the folder")


def made_folder(path: Path) -> Path:
    """The folder, made where it is missing.

    Raises:
        OutputError: it cannot be made.
    """
    with unwritable(path):
        path.mkdir(parents=True, exist_ok=True)
    return path
