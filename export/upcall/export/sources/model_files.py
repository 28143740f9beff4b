"""What a user may call a model, and the files that this means."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from upcall.edge_runtime.bundle import file_sha256
from upcall.edge_runtime.downloads.catalogue import find
from upcall.edge_runtime.downloads.store import model_path
from upcall.edge_runtime.errors import InputError, ModelError
from upcall.export.sources.gguf_file import read_gguf
from upcall.export.sources.hub import download, is_repository
from upcall.export.sources.model import SourceModel
from upcall.export.sources.safetensors_folder import CONFIG, TOKENIZER_FILE, read_folder, weight_files

DEFAULT_REVISION = "main"
# As float32: a GGUF file's weights take 5 to 8 bits, so up to eight times as much; a folder's mostly 16.
_GGUF_FACTOR = 8
_FOLDER_FACTOR = 2


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on this machine.

    Args:
        path: a GGUF file or a folder.
        name: what a bundle of it is called.
        licence: SPDX identifier; empty takes the model's own field.
        revision: what identifies the weights; empty takes the hash of the files.
    """

    path: Path
    name: str
    licence: str = ""
    revision: str = ""


def locate(model: str, *, revision: str = "") -> ModelFiles:
    """Find a model, and download it where its name is a hub's.

    Args:
        model: a pulled model of the catalogue, a GGUF file, a folder, or ORGANISATION/NAME of a hub.
        revision: of a hub's model; empty takes main.

    Raises:
        InputError: there is no such file or folder, or a revision was given for something else.
        ModelError: it was not pulled, or cannot be downloaded.
    """
    path = Path(model).expanduser()
    is_remote = not path.exists() and path.suffix != ".gguf" and is_repository(model)
    if revision and not is_remote:
        raise InputError(f"--revision was given with {model}.", allowed="a model of a hub, ORGANISATION/NAME")
    if is_remote:
        folder = download(model, revision=revision or DEFAULT_REVISION)
        return ModelFiles(folder, model.partition("/")[2].lower(), revision=f"{model}@{folder.name}")
    if path.is_dir():
        return ModelFiles(path, path.absolute().name)
    if path.suffix == ".gguf" or len(path.parts) > 1 or path.exists():
        if not path.is_file() or path.suffix != ".gguf":
            raise InputError(
                f"There is no model at {path}.",
                allowed="a GGUF file, a folder with safetensors, or a name of the catalogue",
            )
        return ModelFiles(path, path.stem)
    entry = find(model)
    main = model_path(entry)
    if main.suffix != ".gguf":
        raise ModelError(f"'{entry.name}' is not a language model.", allowed="a model with a GGUF file")
    return ModelFiles(main, entry.name, entry.licence)


def read_model(path: Path) -> SourceModel:
    """Read a GGUF file or a folder.

    Raises:
        ModelError: it cannot be exported; the message says why.
    """
    return read_folder(path) if path.is_dir() else read_gguf(path)


def float_bytes(path: Path) -> int:
    """Estimate of the weights as float32.

    Raises:
        ModelError: a folder without weights.
    """
    if path.is_dir():
        return _FOLDER_FACTOR * sum(file.stat().st_size for file in weight_files(path) if file.is_file())
    return _GGUF_FACTOR * path.stat().st_size


def content_revision(path: Path) -> str:
    """``sha256:…`` of the file; of a folder: of the names and hashes of its weights, configuration and tokenizer."""
    if not path.is_dir():
        return f"sha256:{file_sha256(path)}"
    digest = hashlib.sha256()
    for file in (path / CONFIG, path / TOKENIZER_FILE, *weight_files(path)):
        digest.update(f"{file.name} {file_sha256(file)}\n".encode())
    return f"sha256:{digest.hexdigest()}"
