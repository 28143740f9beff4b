"""Models of a hub, downloaded once into ``UPCALL_HOME/hub``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from upcall.edge_runtime.errors import ModelError, require
from upcall.edge_runtime.home import upcall_home
from upcall.export.sources.safetensors_folder import missing_files

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.\-]*/[A-Za-z0-9][\w.\-]*")
_FILES = ("*.json", "*.safetensors", "*.jinja", "README.md")


def is_repository(name: str) -> bool:
    """Whether a name is ORGANISATION/NAME."""
    return _REPOSITORY.fullmatch(name) is not None


def download(repository: str, *, revision: str) -> Path:
    """The folder of a model, from this machine where it is whole, else from the hub; ``HF_ENDPOINT`` and ``HF_TOKEN`` count.

    Args:
        repository: ORGANISATION/NAME.
        revision: branch, tag or commit.

    Returns:
        A folder whose name is the commit.

    Raises:
        MissingExtraError: huggingface_hub is not installed.
        ModelError: the hub cannot be reached or has no such model, or the model's files are not what is needed.
    """
    home = upcall_home() / "hub"
    os.environ["HF_HOME"] = str(home)  # before the import, which reads it
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    hub = require("huggingface_hub", extra="export")
    arguments: dict[str, Any] = {"revision": revision, "cache_dir": str(home), "allow_patterns": list(_FILES)}
    try:
        folder = Path(hub.snapshot_download(repository, local_files_only=True, **arguments))
        if _is_whole(folder):
            return folder
    except hub.errors.LocalEntryNotFoundError:
        pass
    try:
        folder = Path(hub.snapshot_download(repository, **arguments))
    except Exception as error:  # the client's own errors, its transport's, and the disk's
        raise _failure(error, hub, repository, revision) from error
    if missing := missing_files(folder):
        raise ModelError(
            f"The model {repository} of the hub lacks {', '.join(missing)}.",
            allowed="models with safetensors and a tokenizer.json",
            next_step="export a model converted to them",
        )
    return folder


def _is_whole(folder: Path) -> bool:
    """An interrupted download leaves a folder too."""
    try:
        return not missing_files(folder)
    except ModelError:
        return False


def _failure(error: Exception, hub: Any, repository: str, revision: str) -> ModelError:
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    if isinstance(error, hub.errors.GatedRepoError):
        return ModelError(
            f"The model {repository} asks for consent.",
            next_step=f"accept its terms at {endpoint}/{repository}, then set HF_TOKEN",
        )
    if isinstance(error, hub.errors.RevisionNotFoundError):
        return ModelError(
            f"The model {repository} has no revision '{revision}'.", allowed="a branch, a tag or a commit"
        )
    if isinstance(error, hub.errors.RepositoryNotFoundError):
        return ModelError(
            f"The hub has no model {repository}, or not for you.",
            next_step="check the name; set HF_TOKEN if it is private",
        )
    return ModelError(
        f"The model {repository} cannot be had from {endpoint} ({type(error).__name__}).",
        next_step="check the network and run it again, it goes on where it stopped; or give a folder with the model",
    )
