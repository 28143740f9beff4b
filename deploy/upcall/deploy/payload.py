"""What is pushed: the files of a bundle, or of the model that finds names, as the app keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from upcall.edge_runtime.bundle import MANIFEST, MODEL_ONNX, MODEL_PTE, Bundle, file_sha256
from upcall.edge_runtime.downloads.catalogue import find
from upcall.edge_runtime.downloads.store import model_folder, model_path
from upcall.edge_runtime.opening import NAME_MODEL

_CACHE_NUMBER_BYTES = 4


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file here: ``name`` is its path in the folder on the phone."""

    name: str
    path: Path
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Payload:
    """A folder for the app.

    Args:
        name: of the folder.
        files: in the order in which they are sent. Without the last one the app does not take the folder for whole.
        memory_bytes: what the model takes when it runs.
    """

    name: str
    files: tuple[LocalFile, ...]
    memory_bytes: int


def bundle_payload(bundle: Bundle, name: str) -> Payload:
    """A verified bundle, its manifest last."""
    files = [
        LocalFile(entry.path, bundle.path / entry.path, entry.size_bytes, entry.sha256)
        for entry in bundle.manifest.files
    ]
    manifest = bundle.path / MANIFEST
    files.append(LocalFile(MANIFEST, manifest, manifest.stat().st_size, file_sha256(manifest)))
    models = [file.size_bytes for file in files if file.name in (MODEL_ONNX, MODEL_PTE)]
    # Weights, and the keys and values of a full context in float32.
    shape = bundle.manifest.shape
    cache = 2 * shape.layer_count * shape.key_value_head_count * shape.head_size * shape.context_length
    return Payload(name, tuple(files), max(models) + _CACHE_NUMBER_BYTES * cache)


def names_payload() -> Payload:
    """The pulled name model.

    Raises:
        ModelError: it was not pulled, or a file changed since.
    """
    entry = find(NAME_MODEL)
    model_path(entry)
    folder = model_folder(entry)
    files = tuple(LocalFile(file.path, folder / file.path, file.size_bytes, file.sha256) for file in entry.files)
    return Payload(entry.name, files, sum(file.size_bytes for file in files))
