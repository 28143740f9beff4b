"""The models that Upcall knows, and how they come onto this machine."""

from upcall.edge_runtime.downloads.catalogue import CatalogueEntry, ModelFile, entries, find
from upcall.edge_runtime.downloads.pull import PullProgress, pull
from upcall.edge_runtime.downloads.store import is_pulled, model_path

__all__ = ["CatalogueEntry", "ModelFile", "PullProgress", "entries", "find", "is_pulled", "model_path", "pull"]
