"""The folder of pulled models: paths, proofs of verification and the lock. Layout: ``UPCALL_HOME/models/NAME/FILE``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from upcall.edge_runtime import files
from upcall.edge_runtime.downloads.catalogue import CatalogueEntry, ModelFile
from upcall.edge_runtime.errors import ModelError
from upcall.edge_runtime.files import write_atomically
from upcall.edge_runtime.home import upcall_home

_STAMP = ".verified.json"


def model_folder(entry: CatalogueEntry) -> Path:
    """Where the model's files are or will be. It need not exist yet."""
    return upcall_home() / "models" / entry.name


def model_path(entry: CatalogueEntry) -> Path:
    """The model's main file, all files of the model being there and verified.

    Raises:
        ModelError: the model was not pulled, or a file changed since it was verified.
    """
    folder = model_folder(entry)
    for file in entry.files:
        path = folder / file.path
        if not path.is_file():
            raise ModelError(
                f"The model '{entry.name}' is not on this machine: {path} is missing.",
                next_step=f"upcall pull {entry.name}",
            )
        if not is_verified(folder, file):
            raise ModelError(
                f"The model file {path} changed since it was verified.",
                next_step=f"upcall pull {entry.name} --verify",
            )
    return folder / entry.files[0].path


def read_verified(entry: CatalogueEntry, file: ModelFile) -> bytes:
    """One file of a pulled model, whole, hashed now.

    Raises:
        ModelError: it is not there, cannot be read, or holds other bytes.
    """
    path = model_folder(entry) / file.path
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ModelError(
            f"The model '{entry.name}' is not on this machine: {path} is missing.",
            next_step=f"upcall pull {entry.name}",
        ) from None
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read: {error.strerror}.") from None
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise ModelError(
            f"The model file {path} holds other bytes than it should.", next_step=f"upcall pull {entry.name} --verify"
        )
    return content


def is_pulled(entry: CatalogueEntry) -> bool:
    """Whether every file of the model is there and verified."""
    return all(is_verified(model_folder(entry), file) for file in entry.files)


def is_verified(folder: Path, file: ModelFile) -> bool:
    """Whether the file was hashed before and has kept its size and time since. Nothing is hashed here."""
    try:
        status = (folder / file.path).stat()
    except OSError:
        return False
    return _read_stamp(folder).get(file.path) == [file.sha256, status.st_size, status.st_mtime_ns]


def mark_verified(folder: Path, file: ModelFile) -> None:
    """Record that the file as it is now has the right hash. The lock must be held."""
    status = (folder / file.path).stat()
    stamp = _read_stamp(folder)
    stamp[file.path] = [file.sha256, status.st_size, status.st_mtime_ns]
    _write_stamp(folder, stamp)


def unmark(folder: Path, file: ModelFile) -> None:
    """Forget that the file was verified. The lock must be held."""
    stamp = _read_stamp(folder)
    if stamp.pop(file.path, None) is not None:
        _write_stamp(folder, stamp)


def _read_stamp(folder: Path) -> dict[str, list[object]]:
    try:
        stamp = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # no proof: the file is hashed again
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(folder: Path, stamp: dict[str, list[object]]) -> None:
    write_atomically(folder / _STAMP, json.dumps(stamp, indent=1).encode())


@contextmanager
def locked(folder: Path, *, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a model's folder.

    Args:
        folder: made where it is missing.
        on_wait: called once when another process holds the lock.

    Raises:
        ModelError: the folder cannot be made or written.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(files.locked(folder / ".lock", on_wait=on_wait))
        except OSError as error:
            raise ModelError(
                f"The folder {folder} cannot be written: {error.strerror}.",
                next_step="set UPCALL_HOME to a folder that you may write",
            ) from error
        yield
