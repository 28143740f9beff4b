"""The models that Upcall knows, and how they come onto this machine."""

from upcall.edge_runtime.models.catalogue import CatalogueEntry, ModelFile, entries, find
from upcall.edge_runtime.models.pull import PullProgress, pull
from upcall.edge_runtime.models.store import is_pulled, model_path

__all__ = ["CatalogueEntry", "ModelFile", "PullProgress", "entries", "find", "is_pulled", "model_path", "pull"]
