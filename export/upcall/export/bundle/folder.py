"""A bundle grows in a folder beside the target and is renamed when whole: a killed export leaves the target as it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from google.protobuf import json_format

from upcall.edge_runtime.bundle import MANIFEST, file_sha256, open_bundle
from upcall.edge_runtime.errors import InputError
from upcall.export.bundle.card import write_card
from upcall.protocol.v1 import bundle_pb2

CARD = "card.md"


def check_target(target: Path, *, force: bool) -> None:
    """Refuse a target that must not be replaced.

    Raises:
        InputError: it is there and ``force`` is not given, or it is not a bundle.
    """
    _restore(target)
    if not target.exists():
        return
    is_bundle = (target / MANIFEST).is_file()
    if not is_bundle and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} is there and is not a bundle.", next_step="choose another --out")
    if is_bundle and not force:
        raise InputError(f"There is a bundle at {target} already.", next_step="use it, or replace it with --force")


@contextmanager
def growing_bundle(target: Path) -> Iterator[Path]:
    """An empty folder that becomes the target when the block ends without an error, and goes when it does not.

    Raises:
        InputError: the folder cannot be written.
    """
    folder = target.with_name(f".{target.name}.partial")
    try:
        shutil.rmtree(folder, ignore_errors=True)  # left by a run that was killed
        folder.mkdir(parents=True)
    except OSError as error:
        raise InputError(
            f"{target.parent} cannot be written: {error.strerror}.", next_step="choose another --out"
        ) from error
    try:
        yield folder
        old = _old(target)
        if target.exists():
            target.replace(old)
        folder.replace(target)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seal(folder: Path, manifest: bundle_pb2.BundleManifest) -> None:
    """Write card and manifest, listing every file in the folder, then read the bundle back and verify it."""
    (folder / CARD).write_text(write_card(manifest), encoding="utf-8")
    for path in sorted(folder.iterdir()):
        manifest.files.add(path=path.name, size_bytes=path.stat().st_size, sha256=file_sha256(path))
    text = json_format.MessageToJson(manifest, preserving_proto_field_name=False, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    open_bundle(folder)


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _restore(target: Path) -> None:
    """Bring back the bundle that a replacement, killed between two renames, had put aside."""
    old = _old(target)
    if old.exists() and not target.exists():
        old.replace(target)
