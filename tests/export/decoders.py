"""Two-layer decoders with random weights, as Upcall's, from a folder that transformers reads too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.export.folder import write_folder
from upcall.export.formats.program.decoder import Decoder
from upcall.export.sources.model import SourceModel
from upcall.export.sources.safetensors_folder import read_folder
from upcall.export.sources.weights import joined


def tiny_source(folder: Path, family: str, **changes: Any) -> SourceModel:
    """Of FAMILIES; ``changes`` are to its configuration."""
    return read_folder(write_folder(folder / family, family, changes=changes))


def tiny_decoder(source: SourceModel) -> Decoder:
    return Decoder(joined(source.weights, source.shape), source.shape)
